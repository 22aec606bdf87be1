# Finds what gmc is built from and says plainly what is missing.

# find_package, but what is missing is named as Debian's package.
macro(gmc_require name package)
  find_package(${name} ${ARGN} QUIET)
  if(NOT ${name}_FOUND)
    message(FATAL_ERROR "gmc needs ${name} ${ARGN}: install ${package} "
                        "(tools/dev/install-dependencies does it on Debian 12)")
  endif()
endmacro()

if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 12)
  message(FATAL_ERROR "gmc needs g++ 12, found ${CMAKE_CXX_COMPILER_VERSION} "
                      "in ${CMAKE_CXX_COMPILER}")
endif()
gmc_require(Threads libc6-dev)
gmc_require(fmt libfmt-dev 9)
# fmt as a static library, see Fmt.cpp; as `fmt::fmt` it would be a shared one.
add_library(gmcFmt STATIC "${CMAKE_CURRENT_LIST_DIR}/Fmt.cpp")
target_include_directories(gmcFmt SYSTEM PUBLIC
  "$<TARGET_PROPERTY:fmt::fmt-header-only,INTERFACE_INCLUDE_DIRECTORIES>")
gmc_require(CLI11 libcli11-dev 2.1)
gmc_require(nlohmann_json nlohmann-json3-dev 3.11)
gmc_require(PNG libpng-dev)
gmc_require(ZLIB zlib1g-dev)

if(GMC_ENABLE_COMPILER)
  find_package(MLIR CONFIG HINTS /usr/lib/llvm-22/lib/cmake/mlir)
  if(NOT MLIR_FOUND)
    message(FATAL_ERROR "gmc needs MLIR 22: install libmlir-22-dev, mlir-22-tools and "
                        "llvm-22-dev (tools/dev/install-dependencies does it on Debian 12)")
  endif()
  if(NOT LLVM_VERSION_MAJOR EQUAL 22)
    message(FATAL_ERROR "gmc needs LLVM and MLIR 22, found ${LLVM_VERSION} in ${LLVM_DIR}")
  endif()
  find_package(LLD CONFIG HINTS /usr/lib/llvm-22/lib/cmake/lld)
  if(NOT LLD_FOUND)
    message(FATAL_ERROR "gmc needs lld 22 as a library: install liblld-22-dev "
                        "(tools/dev/install-dependencies does it on Debian 12)")
  endif()
  list(APPEND CMAKE_MODULE_PATH "${MLIR_CMAKE_DIR}" "${LLVM_CMAKE_DIR}")
  include(TableGen)
  include(AddLLVM)
  include(AddMLIR)
  include_directories(SYSTEM ${LLVM_INCLUDE_DIRS} ${MLIR_INCLUDE_DIRS})
  add_definitions(${LLVM_DEFINITIONS})
endif()

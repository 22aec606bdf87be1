# Build options and settings that every folder shares.
option(GMC_ENABLE_COMPILER "Build gmc itself (needs LLVM and MLIR 22)" ON)
option(GMC_ENABLE_TESTS "Build the tests" ON)
option(GMC_SANITIZE "Build with AddressSanitizer and UndefinedBehaviorSanitizer" OFF)
option(GMC_BUILD_FUZZERS "Build the readers for libFuzzer (needs clang)" OFF)

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()
# Invariants of our own are checked in every build.
string(REPLACE "-DNDEBUG" "" CMAKE_CXX_FLAGS_RELEASE "${CMAKE_CXX_FLAGS_RELEASE}")
string(REPLACE "-O3" "-O2" CMAKE_CXX_FLAGS_RELEASE "${CMAKE_CXX_FLAGS_RELEASE}")

set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/lib")
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/lib")
if(GMC_SANITIZE)
  # -O1: half the time to compile and the same findings.
  string(REPLACE "-O2" "-O1" CMAKE_CXX_FLAGS_RELEASE "${CMAKE_CXX_FLAGS_RELEASE}")
  set(GMC_SANITIZERS -fsanitize=address,undefined -fno-sanitize-recover=undefined)
  add_compile_options(${GMC_SANITIZERS} -fno-omit-frame-pointer)
  add_link_options(${GMC_SANITIZERS})
endif()
if(GMC_BUILD_FUZZERS)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL Clang)
    message(FATAL_ERROR "GMC_BUILD_FUZZERS needs clang, which has libFuzzer; found "
                        "${CMAKE_CXX_COMPILER}: give -DCMAKE_CXX_COMPILER=clang++")
  endif()
  if(GMC_ENABLE_COMPILER OR GMC_SANITIZE)
    message(FATAL_ERROR "GMC_BUILD_FUZZERS builds dsl and runtime with sanitizers of its "
                        "own: give -DGMC_ENABLE_COMPILER=OFF and no GMC_SANITIZE")
  endif()
  string(REPLACE "-O2" "-O1" CMAKE_CXX_FLAGS_RELEASE "${CMAKE_CXX_FLAGS_RELEASE}")
  # float-cast-overflow: undefined as well, but in no group of clang's.
  set(GMC_SANITIZERS -fsanitize=address,undefined,float-cast-overflow
                     -fno-sanitize-recover=all)
  # -g1: lines in what a sanitizer reports.
  add_compile_options(${GMC_SANITIZERS} -fsanitize=fuzzer-no-link
                      -fno-omit-frame-pointer -g1)
  add_link_options(${GMC_SANITIZERS})
endif()

# The standard headers that most files of dsl, runtime and their tests include,
# parsed once for a target. MLIR's are in compiler/Precompiled.h.
function(gmc_precompile target)
  target_precompile_headers(${target} PRIVATE
    <algorithm> <array> <charconv> <cmath> <cstdint> <cstring> <filesystem>
    <fstream> <functional> <map> <memory> <numeric> <optional> <set> <span>
    <string> <string_view> <utility> <variant> <vector> <fmt/format.h>
    ${ARGN})
  # g++ 12 reports accesses out of bounds in libstdc++'s strings that are none,
  # and takes a precompiled header of the system for one of ours. The build with
  # sanitizers finds the true ones.
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    target_compile_options(${target} PRIVATE -Wno-array-bounds -Wno-restrict
                           -Wno-stringop-overread -Wno-stringop-overflow)
  endif()
endfunction()

# add_gmc_dialect(NN): TableGen for compiler/Dialect/<X>/IR/<X>{Dialect,Ops}.td.
# add_gmc_passes(target folder-relative Passes.td): pass declarations.
# add_gmc_library(name sources.. LINK libs..): one static library of the compiler.
function(add_gmc_dialect name)
  string(TOLOWER ${name} prefix)
  set(LLVM_TARGET_DEFINITIONS ${name}Ops.td)
  mlir_tablegen(${name}Ops.h.inc -gen-op-decls -I${PROJECT_SOURCE_DIR})
  mlir_tablegen(${name}Ops.cpp.inc -gen-op-defs -I${PROJECT_SOURCE_DIR})
  mlir_tablegen(${name}Dialect.h.inc -gen-dialect-decls -dialect=${prefix} -I${PROJECT_SOURCE_DIR})
  mlir_tablegen(${name}Dialect.cpp.inc -gen-dialect-defs -dialect=${prefix} -I${PROJECT_SOURCE_DIR})
  add_public_tablegen_target(gmc${name}IncGen)
endfunction()

function(add_gmc_passes name)
  set(LLVM_TARGET_DEFINITIONS Passes.td)
  mlir_tablegen(Passes.h.inc -gen-pass-decls -name ${name} -I${PROJECT_SOURCE_DIR})
  add_public_tablegen_target(gmc${name}PassesIncGen)
endfunction()

function(add_gmc_library name)
  cmake_parse_arguments(ARG "" "" "LINK;DEPENDS" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PUBLIC ${ARG_LINK} MLIR LLVM gmcFmt)
  gmc_warnings(${name})
  # TableGen's headers leave parameters unused.
  target_compile_options(${name} PRIVATE -fno-rtti -Wno-unused-parameter)
  if(NOT CMAKE_DISABLE_PRECOMPILE_HEADERS)
    target_precompile_headers(${name} REUSE_FROM gmcPrecompiled)
  endif()
  if(ARG_DEPENDS)
    add_dependencies(${name} ${ARG_DEPENDS})
  endif()
endfunction()

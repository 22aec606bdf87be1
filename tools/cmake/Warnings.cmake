# Warnings are errors in our own code; headers of libraries are SYSTEM.
function(gmc_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Werror)
endfunction()

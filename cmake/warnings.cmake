# Asserts stay in every build: they catch bugs where they happen.
set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O2 -g")
set(CMAKE_C_FLAGS_RELEASE "-O2")
add_compile_options(-Wall -Wextra -Wformat=2 -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings -Wvla
    -Wimplicit-fallthrough -Wpointer-arith
    -fno-omit-frame-pointer -fno-strict-aliasing
    -ffp-contract=off) # scores and vectors are the same bytes on machines with and without fused multiply-add
if(CMAKE_C_COMPILER_ID STREQUAL GNU)
    add_compile_options(-Wno-format-truncation) # clang does not know it
endif()
add_compile_definitions(_GNU_SOURCE)
if(JOBMILL_WERROR)
    add_compile_options(-Werror)
endif()
if(JOBMILL_SANITIZE)
    add_compile_options(-fsanitize=${JOBMILL_SANITIZE} -fno-sanitize-recover=all)
    add_link_options(-fsanitize=${JOBMILL_SANITIZE})
endif()
if(JOBMILL_FUZZ)
    add_compile_options(-fsanitize=fuzzer-no-link)
    add_compile_definitions(JOBMILL_FUZZ=1)
endif()

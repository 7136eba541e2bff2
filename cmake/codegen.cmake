# What derives from proto/ and migrations/: protobuf-c messages, the embedded migrations.
find_program(PROTOC_C protoc-c REQUIRED)
set(GEN ${CMAKE_BINARY_DIR}/gen)
file(MAKE_DIRECTORY ${GEN}/messages)
add_custom_command(OUTPUT ${GEN}/messages/messages.pb-c.c ${GEN}/messages/messages.pb-c.h
    COMMAND ${PROTOC_C} --c_out=${GEN}/messages --proto_path=${CMAKE_SOURCE_DIR}/proto ${CMAKE_SOURCE_DIR}/proto/messages.proto
    DEPENDS ${CMAKE_SOURCE_DIR}/proto/messages.proto)
add_library(messages STATIC ${GEN}/messages/messages.pb-c.c)
target_compile_options(messages PRIVATE -w)
target_include_directories(messages SYSTEM PUBLIC ${GEN}/messages)
target_link_libraries(messages PUBLIC PkgConfig::PROTOBUF_C)

file(GLOB MIGRATIONS CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/migrations/*.sql)
file(MAKE_DIRECTORY ${GEN}/migrations)
add_custom_command(OUTPUT ${GEN}/migrations/migrations_embedded.c
    COMMAND python3 ${CMAKE_SOURCE_DIR}/cmake/embed_sql.py ${GEN}/migrations/migrations_embedded.c ${MIGRATIONS}
    DEPENDS ${MIGRATIONS} ${CMAKE_SOURCE_DIR}/cmake/embed_sql.py)
add_library(migrations STATIC ${GEN}/migrations/migrations_embedded.c)
target_include_directories(migrations PUBLIC ${CMAKE_SOURCE_DIR}/migrations)

# The limiter's script, a string in C.
add_custom_command(OUTPUT ${GEN}/limiter_lua.c
    COMMAND python3 ${CMAKE_SOURCE_DIR}/cmake/embed_text.py ${GEN}/limiter_lua.c limiter_lua ${CMAKE_SOURCE_DIR}/common/pipeline/limit/limiter.lua
    DEPENDS ${CMAKE_SOURCE_DIR}/common/pipeline/limit/limiter.lua ${CMAKE_SOURCE_DIR}/cmake/embed_text.py)
add_library(limiter_script STATIC ${GEN}/limiter_lua.c)

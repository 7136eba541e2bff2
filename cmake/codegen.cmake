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

# What the stages say to models, and what they want back: NAME.prompt.md is NAME_prompt, NAME.schema.json is NAME_schema.
function(stage_text NAME FILE)
    add_custom_command(OUTPUT ${GEN}/${NAME}.c
        COMMAND python3 ${CMAKE_SOURCE_DIR}/cmake/embed_text.py ${GEN}/${NAME}.c ${NAME} ${CMAKE_SOURCE_DIR}/services/${FILE}
        DEPENDS ${CMAKE_SOURCE_DIR}/services/${FILE} ${CMAKE_SOURCE_DIR}/cmake/embed_text.py)
endfunction()
stage_text(analyze_prompt analyzer/analyze.prompt.md)
stage_text(analyze_schema analyzer/analyze.schema.json)
stage_text(tailor_prompt optimizer/tailor.prompt.md)
stage_text(tailor_schema optimizer/tailor.schema.json)
stage_text(letter_prompt cover_letter/letter.prompt.md)
stage_text(letter_schema cover_letter/letter.schema.json)
add_library(stage_texts STATIC ${GEN}/analyze_prompt.c ${GEN}/analyze_schema.c ${GEN}/tailor_prompt.c ${GEN}/tailor_schema.c ${GEN}/letter_prompt.c ${GEN}/letter_schema.c)

/* What the stages say to models and what they want back: services/<stage>/NAME.prompt.md and NAME.schema.json,
 * embedded. */
#pragma once

extern const char analyze_prompt[], analyze_schema[];
extern const char tailor_prompt[], tailor_schema[];
extern const char letter_prompt[], letter_schema[];

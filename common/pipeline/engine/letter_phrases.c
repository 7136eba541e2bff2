/* The turns of phrase, as data. Values: {T} title, {A} its article, {C} employer, {L} "your client" when an agency
 * hides it, {Q} a quote of the posting, {O} place ("at Harborlight Payments"), {P} the same with a capital, {G} the
 * organisation's name, {D} the same when it is past, {B} when it is current, {R} role, {V} "am" or "was", {H} "role" or
 * "project", {K} clause ("I cut ..."), {W} the clause without "I", {N} a line that has no verb, {S} skills, {Z} skills
 * with a capital, {X} what is lacking, {Y} what is nearest, {J} list of credentials, {U} degree or study, {I}
 * institution, {M} language, {F} level. A template is used only when everything it names is known. */
#include "pipeline/engine/letter_parts.h"

static const char *const OPENING_FORMAL[] = {
    "Please accept my application for the {T} position at {C}.",
    "I wish to apply for the {T} position at {C}.",
    "With this letter I apply for the position of {T} at {C}.",
    "I would ask you to consider me for the {T} position at {C}.",
    "I submit my application for the {T} post at {C}.",
    "{C} has advertised for {A} {T}, and I wish to be considered.",
    "I am applying for the post of {T} that {C} has advertised.",
    "Please consider this letter my application to {C} for the position of {T}.",
    "Please consider me for the {T} position with {L}.",
    "I wish to apply for the post of {T} with {L}.",
    "Please accept my application for the {T} position.",
    "I wish to be considered for the {T} position you have advertised.",
    "I submit my application for the post of {T}.",
    "Please accept my application for the position you have advertised.",
    NULL,
};
static const char *const OPENING_DIRECT[] = {
    "I am applying for the {T} role at {C}.",
    "This is my application for the {T} role at {C}.",
    "Please consider me for the {T} position at {C}.",
    "I would like to be considered for the {T} opening at {C}.",
    "My application is for the {T} role at {C}.",
    "{C} is looking for {A} {T}; here is what I would bring.",
    "You are hiring {A} {T} at {C}, and I would like the job.",
    "Here is my case for the {T} role at {C}.",
    "I want to work at {C} as your next {T}.",
    "I am applying to {C} for the {T} role.",
    "I am applying for the {T} role with {L}.",
    "Please put me forward for the {T} role with {L}.",
    "I am applying for the {T} role.",
    "This is my application for the {T} position you advertise.",
    "You are hiring {A} {T}, and I would like the job.",
    "I am applying for the position you advertise.",
    NULL,
};
static const char *const OPENING_CONVERSATIONAL[] = {
    "I'd like to apply for the {T} role at {C}.",
    "I'm applying for the {T} role at {C}, and here's why.",
    "{C} is looking for {A} {T}, and I'd like to be considered.",
    "I'd love to talk about the {T} role at {C}.",
    "Your opening for {A} {T} reads like something I can help with.",
    "I'm putting my hand up for the {T} role at {C}.",
    "I'd like to join {C} as {A} {T}.",
    "I'd like to be your next {T}.",
    "I'm interested in the {T} role with {L}.",
    "I'm applying for the {T} role, and here's why.",
    "I'd like to be considered for the {T} role.",
    "I'd like to apply for the job you've posted.",
    NULL,
};
static const char *const COMPANY_FORMAL[] = {
    "Your posting states: “{Q}”. | That is work to which I would be glad to contribute.",
    "I was drawn by the way the posting describes the work: “{Q}”.",
    "The posting puts it this way: “{Q}”. | I would welcome the chance to take part in that.",
    "In the words of your posting, “{Q}”; I would be glad to serve that purpose.",
    "What you set out in the posting, “{Q}”, is my reason for applying.",
    "My interest rests on one statement in your posting: “{Q}”.",
    NULL,
};
static const char *const COMPANY_DIRECT[] = {
    "You write: “{Q}”. | I would like to work on that.",
    "What interests me is in your own words: “{Q}”.",
    "The part of the posting that made me apply: “{Q}”.",
    "“{Q}”, says the posting, and that is work I want to do.",
    "Your own description, “{Q}”, is why I am applying.",
    "The posting says: “{Q}”. | That is a good problem to spend working days on.",
    "I am applying because of this sentence: “{Q}”.",
    NULL,
};
static const char *const COMPANY_CONVERSATIONAL[] = {
    "You put it like this: “{Q}”. | I'd enjoy being part of that.",
    "The line that caught me was “{Q}”.",
    "It was this part of the posting that got me: “{Q}”.",
    "“{Q}”: that's the kind of thing I'd like to help with.",
    "You say “{Q}”, and I'd like to be in on it.",
    "What made me want to write was “{Q}”.",
    NULL,
};
static const char *const DUTY_FORMAL[] = {
    "Among the duties you list is this one: “{Q}”.",
    "The posting gives as one of the duties: “{Q}”.",
    "One of the responsibilities you set out is “{Q}”.",
    NULL,
};
static const char *const DUTY_DIRECT[] = {
    "Part of the job, you say, is this: “{Q}”.",
    "One of the things to be done: “{Q}”.",
    "The job as you describe it includes this: “{Q}”.",
    "Among the work you describe: “{Q}”.",
    NULL,
};
static const char *const DUTY_CONVERSATIONAL[] = {
    "One thing on your list stood out for me: “{Q}”.",
    "You mention this among the work: “{Q}”.",
    "This is on your list: “{Q}”.",
    NULL,
};
static const char *const GAP_FORMAL[] = {
    "I should add that my record does not show {X}.",
    "You also ask for {X}, which I cannot document at present.",
    "In fairness I note that I cannot document {X}.",
    "One requirement I cannot point to in my work so far is {X}.",
    NULL,
};
static const char *const GAP_DIRECT[] = {
    "One gap: I cannot point to {X} in my work so far.",
    "You also ask for {X}; my record does not show that.",
    "What I cannot yet offer is {X}.",
    "To be plain about it, I have no {X} to show.",
    "You will not find {X} on my résumé.",
    "The gap you will notice is {X}.",
    NULL,
};
static const char *const GAP_CONVERSATIONAL[] = {
    "You won't find {X} on my résumé, and I'd rather say so now.",
    "The one thing I can't show you is {X}.",
    "I'll be upfront: I can't point to {X} yet.",
    "If {X} is a must, you should know I can't point to that yet.",
    NULL,
};
static const char *const GAP_NEAR_FORMAL[] = {
    "You ask for {X}; the nearest I can document is {Y}.",
    "My record does not show {X}, though it does show {Y}.",
    "In place of {X} I can offer experience with {Y}.",
    NULL,
};
static const char *const GAP_NEAR_DIRECT[] = {
    "I cannot point to {X}; the closest I have is {Y}.",
    "One gap: {X}. | The nearest I have is {Y}.",
    "You ask for {X}; what I have is {Y}.",
    "My experience is with {Y} rather than {X}.",
    NULL,
};
static const char *const GAP_NEAR_CONVERSATIONAL[] = {
    "I can't point to {X} yet; {Y} is the closest I've got.",
    "I've worked with {Y} rather than {X}, so there I'd have something to learn.",
    "I know {Y}, not {X}, so that part would be new to me.",
    NULL,
};
static const char *const GOAL_FORMAL[] = {"I am looking for {U}.", "My aim is {U}.", NULL};
static const char *const GOAL_DIRECT[] = {"I am looking for {U}.", "What I want next is {U}.", NULL};
static const char *const GOAL_CONVERSATIONAL[] = {"I'm looking for {U}.", "What I'd like next is {U}.", NULL};
static const char *const PLACE_FORMAL[] = {"I live in {I}.", "I am resident in {I}.", NULL};
static const char *const PLACE_DIRECT[] = {"I live in {I}.", "I am already in {I}.", "I am based in {I}.", NULL};
static const char *const PLACE_CONVERSATIONAL[] = {"I'm in {I} already.", "I live in {I}.", "I'm based in {I}.", NULL};
static const char *const CLOSING_FORMAL[] = {
    "I would welcome the opportunity to discuss the {T} position with you.",
    "I would be pleased to set out the details of my work at {G} in an interview.",
    "I should be glad to answer any questions {C} may have.",
    "May I suggest a conversation, in which I could also describe the work at {G} more fully?",
    "I would be glad to discuss how this experience might serve {C}.",
    "Should you wish to know more, I would gladly supply references and further details.",
    "I look forward to hearing from {C}.",
    "I look forward to the possibility of a conversation about the {T} post.",
    NULL,
};
static const char *const CLOSING_DIRECT[] = {
    "I am glad to go through the work at {G} in detail.",
    "If this is useful to {C}, I would like to talk.",
    "I would be happy to talk about the {T} role.",
    "Ask me about {G}; the details are better told than written.",
    "I can start with whichever of these you find most useful.",
    "A short call would show quickly whether this fits what {C} needs.",
    "I would like to hear what the first months as {T} would look like.",
    "I am happy to talk through any of this.",
    "If the {T} role is still open, I would like to talk.",
    NULL,
};
static const char *const CLOSING_CONVERSATIONAL[] = {
    "I'd be happy to tell you more about {G}.",
    "If any of that sounds useful to {C}, let's talk.",
    "I'd like to hear more about how {C} works day to day.",
    "Happy to talk whenever suits you.",
    "I'd enjoy a conversation about the {T} role.",
    "Ask me anything about {G}.",
    "There's more to tell about each of these, and I'd like to hear your side too.",
    NULL,
};
static const char *const SIGNOFF_FORMAL[] = {"Sincerely,", "Yours sincerely,", "Respectfully,", NULL};
static const char *const SIGNOFF_DIRECT[] = {"Best regards,", "Kind regards,", "Regards,", "With best regards,", NULL};
static const char *const SIGNOFF_CONVERSATIONAL[] = {"Best wishes,", "Best,", "All the best,", "Thanks for reading,",
                                                     NULL};

const struct letter_phrases LETTER_PHRASES[3] = {
    {OPENING_FORMAL, COMPANY_FORMAL, DUTY_FORMAL, GAP_FORMAL, GAP_NEAR_FORMAL, GOAL_FORMAL, PLACE_FORMAL,
     CLOSING_FORMAL, SIGNOFF_FORMAL},
    {OPENING_DIRECT, COMPANY_DIRECT, DUTY_DIRECT, GAP_DIRECT, GAP_NEAR_DIRECT, GOAL_DIRECT, PLACE_DIRECT,
     CLOSING_DIRECT, SIGNOFF_DIRECT},
    {OPENING_CONVERSATIONAL, COMPANY_CONVERSATIONAL, DUTY_CONVERSATIONAL, GAP_CONVERSATIONAL, GAP_NEAR_CONVERSATIONAL,
     GOAL_CONVERSATIONAL, PLACE_CONVERSATIONAL, CLOSING_CONVERSATIONAL, SIGNOFF_CONVERSATIONAL},
};

/* The first sentence about a post or project. */
const char *const LETTER_LEAD_SKILL[] = {
    "You ask for {S}; {O}, {K}.",
    "On {S}: {O}, {K}.",
    "For {S}, my example comes from {G}, where {K}.",
    "Where the role calls for {S}, I can point to {G}: {K}.",
    "The posting names {S}; {O}, {K}.",
    "You list {S}. | {P}, {K}.",
    "As {R} at {G}, {K}; that is where my {S} experience comes from.",
    "{Z} first: {O}, {K}.",
    "You want {S}, and {O}, {K}.",
    "You mention {S}; as {R} at {G}, {K}.",
    "My work with {S} includes {G}, where {K}.",
    "Since the role needs {S}: {O}, {K}.",
    "About {S}: as {R} at {G}, {K}.",
    "With {S} in mind, look at {G}, where {K}.",
    NULL,
};
const char *const LETTER_LEAD_QUOTE[] = {
    "You ask for “{Q}”; {O}, {K}.",
    "Your posting lists “{Q}”. | {P}, {K}.",
    "Next to “{Q}” I would set this: {O}, {K}.",
    "On “{Q}”: as {R} at {G}, {K}.",
    "“{Q}”, you write; {O}, {K}.",
    "Where you ask for “{Q}”, my nearest example is from {G}, where {K}.",
    NULL,
};
const char *const LETTER_LEAD_PLAIN[] = {
    "{P}, {K}.",
    "{P}, for example, {K}.",
    "To give an example, {O}, {K}.",
    "One example: {O}, {K}.",
    "A concrete case: {O}, {K}.",
    "{P}, to name one thing, {K}.",
    "Something I would point to: {O}, {K}.",
    "As {R} at {G}, {K}.",
    "In my work as {R} at {G}, {K}.",
    "At {G}, where I {V} {R}, {K}.",
    "During my time at {D}, {K}.",
    "In my present post at {B}, {K}.",
    "At {D}, {K}.",
    NULL,
};
/* For the second place and those after it. */
const char *const LETTER_LEAD_MORE[] = {
    "{P}, {K}.",
    "{P}, for example, {K}.",
    "To give an example, {O}, {K}.",
    "One example: {O}, {K}.",
    "A concrete case: {O}, {K}.",
    "Also relevant here: {O}, {K}.",
    "{P}, to name one thing, {K}.",
    "Something I would point to: {O}, {K}.",
    "Worth mentioning as well: {O}, {K}.",
    "As {R} at {G}, {K}.",
    "In my work as {R} at {G}, {K}.",
    "At {G}, where I {V} {R}, {K}.",
    "During my time at {D}, {K}.",
    "In my present post at {B}, {K}.",
    "At {D}, {K}.",
    NULL,
};
const char *const LETTER_NEXT[] = {
    "I also {W}.",
    "There I also {W}.",
    "In the same {H}, {K}.",
    "In that {H} I also {W}.",
    "Beyond that, {K}.",
    "More from the same {H}: {K}.",
    NULL,
};
const char *const LETTER_NEXT_SKILL[] = {
    "On {S}, in the same {H}, {K}.",
    "For {S}, in the same {H}, {K}.",
    "You ask for {S} too; in the same {H}, {K}.",
    "{Z} came with the same {H}: {K}.",
    "As to {S}, {K} in the same {H}.",
    "With {S}, in that {H}, {K}.",
    "I also {W}, which is part of what I know of {S}.",
    NULL,
};
const char *const LETTER_NOUN[] = {
    "My work {O} included this: {N}.",
    "From {G}: {N}.",
    "One line of my record {O}: {N}.",
    NULL,
};
const char *const LETTER_NOUN_NEXT[] = {"Also {O}: {N}.", "From the same {H}: {N}.", NULL};
const char *const LETTER_CREDENTIALS[] = {
    "My credentials include {J}.",
    "Among my credentials: {J}.",
    "Credentials that bear on this: {J}.",
    NULL,
};
const char *const LETTER_DEGREE[] = {
    "I hold {U} from {I}.",
    "My degree is {U} from {I}.",
    "I studied at {I} and hold {U}.",
    NULL,
};
const char *const LETTER_STUDENT[] = {"I study {U} at {I}.", "I am enrolled at {I}, where I study {U}.", NULL};
const char *const LETTER_LANGUAGE[] = {
    "I speak {M} ({F}).",
    "You mention {M}; my level is {F}.",
    NULL,
};
const char *const LETTER_SKILLS[] = {
    "Of what you ask for, I have {S}.",
    "My skills include {S}.",
    "From your list I know {S}.",
    NULL,
};
const char *const LETTER_SUMMARY[] = {"{P}, my work was this: {N}.", "About my work {O}: {N}.", NULL};

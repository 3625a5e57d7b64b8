"""Events applied to the archive, so that any order and any repetition of them gives the same rows.

Each fact merges by a rule that does not ask which came first:

- a message's content: the telling of the greatest rank (`raw.told`), a hash of the content deciding between equals;
- its text: the latest edit by (time, hash), every other text among its versions;
- its deletion: a mark that stays, with the earliest time told;
- a reaction: the latest of its sender to its message, by (time, emoji), the empty one included;
- a parent: whatever message bears the id that is quoted, whichever of the two came first;
- a person: the phone number where it is known, wherever the LID stood.
"""

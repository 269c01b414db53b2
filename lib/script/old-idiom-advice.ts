/** What to write instead of an idiom that is gone from the language: said when a script fails on it, and before. */

export const IMPLICIT_ARG = 'Lua 5.3 has no implicit arg: write local arg = {n = select("#", ...), ...}'

export const BACKSLASH = 'Lua 5.1 leaves the backslash out here; one that is meant is written \\\\'

export const TABLE_LOOP = 'Lua 5.3 does not go through a table by itself: write for k, v in pairs(t) do'

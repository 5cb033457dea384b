"""One answer of a gate, written for people, pull requests, CI systems and programs.

Belongs here: words and layout, one file per form, all from one `Answer`. Does not belong here: any
judgement, and sending anything anywhere.
"""

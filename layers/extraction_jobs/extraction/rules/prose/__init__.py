"""Reading running text: which value in a sentence belongs to which property.

A property is looked for by cues: the words of its label, words of the same stem (`launch_date`: "will launch on"), and
the verbs, nouns and prepositions that people use for such a property (`lexicon`). A cue counts for the values of the
right kind near it, and each value goes to one property only. What is found this way is less sure than a labelled
value, and its score says so.
"""

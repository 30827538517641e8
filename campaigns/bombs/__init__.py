"""Files that lie about their size, never end, or unpack to far more than they are: each is refused at little cost.

Every reader of the campaign of mutated inputs is given what any file may be (a sparse file, a pipe, a device, a
folder), and bombs made for its format. A process reads the whole specimen first; its memory then is the baseline, and
the peak above it and the time of the processor are the cost of the bomb.
"""

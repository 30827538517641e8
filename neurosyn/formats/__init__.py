"""File formats of programs, placements and spikes: those of neurosyn and those of other tools.

============================= ========================== ==============================================================
format                        files                      modules
============================= ========================== ==============================================================
neurosyn program              ``.npz``                   `program_file` (read, write)
neurosyn placement            ``.npz``                   `placement_file` (read, write)
IBM model file (CPE JSON)     ``.json``, ``.cpe.json``   `ibm.reader`, `ibm.writer`; `export` writes it for a program
RANC                          ``.json``                  `ranc.reader` (read)
input spikes, text            ``.sfti``                  `spikes.text` (read)
input spikes, RAWI3           ``.sfri``                  `spikes.raw_words` (read)
output spikes, RAWO6          ``.sfro``                  `spikes.raw_words` (read, write)
spikes by pin, CONNPIN        ``.sfcp``                  `spikes.connector_pins` (read; write for outputs)
output spikes, tables         ``.csv``, ``.parquet``     `spikes.files` (write)
============================= ========================== ==============================================================

`open_program` opens a program of any of these formats, and `spikes.files` spikes of any: both recognise the format by
the contents. `json_stream` reads large JSON files in bounded memory, `value_checks` checks decoded values.
"""

"""History: files in bulk past MQTT into the store, and the store as files.

From a file to the store: `lines` (chunks of text), `columns` (numbers and texts of a chunk), a module of readers a kind
of file (`native`, `air_files`, `water_noise_files`), `checks`, `shifts`, `importing`. Back: `exporting`.
"""

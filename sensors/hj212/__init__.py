"""HJ 212, the protocol between field devices and a monitoring centre: frames, checks, parameters, split packets.

stream        `FrameReader`, `frames_of`: frames in bytes, however these were cut
frames        `Frame`, its verdicts and what its Flag says; `build`
crc           the check of HJ 212, and CRC-16/MODBUS
parameters    `parameters`: fields and items between `CP=&&` and `&&`
packets       `PacketJoiner`, `is_whole`, `joined`: messages split into packets
"""

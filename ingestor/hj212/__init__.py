"""The gateway for field devices that speak HJ 212 over TCP: takes their frames, publishes them, answers.

server        `Server`: listens, holds connections to their limits, drains at the end
session       `Session`: one connection, from frames to answers
receiving     `Receiver`: its bytes, within their limits, to frames
requests      what devices are asked for: their clocks set, history fetched back
publishing    `Publisher`: frames to the broker at QoS 1, over connections that come and go
devices       who may send, with which password
seen          the last data of each device, kept over restarts
counts        what was counted, for the log, /metrics and the summary
"""

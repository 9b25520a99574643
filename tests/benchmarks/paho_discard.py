"""The baseline: paho, as its documentation uses it, receives messages at QoS 1 and discards them.

    python paho_discard.py --port 1883 --messages 300000 FILTER ...

Says `ready` once subscribed, and at the end in JSON the CPU that it used and when the last message came. [s]
"""

import argparse
import json
import time

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion


def main() -> None:
    """Receive so many messages."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--messages", type=int, required=True)
    parser.add_argument("filters", nargs="+")
    given = parser.parse_args()
    left = given.messages

    def on_message(client: mqtt.Client, _user: object, _message: mqtt.MQTTMessage) -> None:
        nonlocal left
        left -= 1
        if not left:
            client.disconnect()

    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="paho-discard", clean_session=False)
    client.on_connect = lambda client, *_: client.subscribe([(name, 1) for name in given.filters])
    client.on_subscribe = lambda *_: print("ready", flush=True)
    client.on_message = on_message
    client.connect("127.0.0.1", given.port)
    before = time.process_time()
    client.loop_forever()
    print(json.dumps([time.process_time() - before, time.monotonic()]), flush=True)


if __name__ == "__main__":
    main()

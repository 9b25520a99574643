#!/bin/bash
# Run once by the image of InfluxDB 2 after its setup: the bucket as a database of InfluxQL, and a user of Grafana's
# that can only read it. The image of InfluxDB 1 sources it, too, and has no bucket.
if [ -n "${DOCKER_INFLUXDB_INIT_BUCKET_ID:-}" ]; then
    set -eu
    influx v1 dbrp create --db "$DOCKER_INFLUXDB_INIT_BUCKET" --rp autogen --default \
        --bucket-id "$DOCKER_INFLUXDB_INIT_BUCKET_ID" --org "$DOCKER_INFLUXDB_INIT_ORG"
    influx v1 auth create --username grafana --password "$(cat /run/secrets/grafana-password)" \
        --read-bucket "$DOCKER_INFLUXDB_INIT_BUCKET_ID" --org "$DOCKER_INFLUXDB_INIT_ORG" >/dev/null
fi

#!/bin/sh
# Start InfluxDB 1 with the passwords of its files: its image takes them from the environment only.
set -eu
INFLUXDB_ADMIN_PASSWORD=$(cat /run/secrets/admin-password)
INFLUXDB_USER_PASSWORD=$(cat /run/secrets/qingjing-password)
INFLUXDB_READ_USER_PASSWORD=$(cat /run/secrets/grafana-password)
export INFLUXDB_ADMIN_PASSWORD INFLUXDB_USER_PASSWORD INFLUXDB_READ_USER_PASSWORD
exec /entrypoint.sh influxd

#!/bin/sh
# Registers the namespace and the search attributes that jobs are found by. Run again it changes nothing. Where the server
# is comes from TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE, or a profile, as the Temporal CLI reads them; a server that is
# just starting, or that has just got its namespace, is asked again for up to two minutes.
set -eu

namespace="${TEMPORAL_NAMESPACE:-default}"

patiently() {
  tries=0
  until "$@"; do
    tries=$((tries + 1))
    [ "$tries" -lt 60 ] || { echo "gave up: $*" >&2; exit 1; }
    sleep 2
  done
}

patiently temporal operator cluster health
temporal operator namespace describe --namespace "$namespace" >/dev/null 2>&1 \
  || temporal operator namespace create --namespace "$namespace" --retention "${TEMPORAL_RETENTION:-30d}"
for name in NightshiftProvider NightshiftModel NightshiftTenant NightshiftPhase; do
  patiently temporal operator search-attribute create --namespace "$namespace" --name "$name" --type Keyword
done

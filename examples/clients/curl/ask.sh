#!/bin/sh
# Asks a gateway by GraphQL and by REST. WEIR_URL and WEIR_KEY say which, and who asks.
set -eu

weir=${WEIR_URL:-http://127.0.0.1:4000}
account=${WEIR_ACCOUNT:-tencent-main}

# Keys travel in a header, which curl reads from its input: arguments of a program everybody on the machine can read.
# Without one the gateway must be open. Errors of HTTP end the script, and their body is shown.
ask() {
  printf '%s' "${WEIR_KEY:+X-API-Key: $WEIR_KEY}" | curl --silent --show-error --fail-with-body --max-time 20 --header @- "$@"
  echo
}

echo '# GraphQL: accounts, and what of their quota is left'
ask "$weir/graphql" --json '{"query": "{ accounts { name provider health { state } quota { used limit remaining } } }"}'

echo '# GraphQL with variables: a page of live streams'
ask "$weir/graphql" --json "{
  \"query\": \"query(\$accounts: [String!]) { liveStreams(accounts: \$accounts, first: 3) { nodes { key live { onlineViewers } } failures { account code } } }\",
  \"variables\": { \"accounts\": [\"$account\"] }
}"

echo '# REST: the same page'
ask "$weir/v1/live-streams?account=$account&first=3"

# Whole minutes, so that everybody who asks within one asks the same, and shares the answer.
now=$(($(date +%s) / 60 * 60))
day='%Y-%m-%dT%H:%M:%SZ'
from=$(date -u -d "@$((now - 600))" "+$day" 2>/dev/null || date -u -r "$((now - 600))" "+$day")
to=$(date -u -d "@$now" "+$day" 2>/dev/null || date -u -r "$now" "+$day")
samples="$weir/v1/accounts/$account/play-samples?from=$from&to=$to"

echo '# REST: ten minutes of playback, as CSV'
ask "$samples" --header 'Accept: text/csv'

echo '# REST: once more, only if it has changed (304: it has not)'
tag=$(ask "$samples" --dump-header - --output /dev/null | tr -d '\r' | sed -n 's/^[Ee][Tt][Aa][Gg]: //p')
ask "$samples" --header "If-None-Match: $tag" --output /dev/null --write-out '%{http_code}'

#!/usr/bin/env bash
# curl.sh URL: the README's quickstart and what goes wrong with curl alone. Prints "ok WHAT" or "not ok WHAT" a line, "end" at the end.
set -uo pipefail
url=$1
t=$url/v1/databases/demo_curl/tables/edits
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
json='Content-Type: application/json'

# fetch ARGS: the body to $work/body, headers and trailers to $work/head, the status to $status.
fetch() {
  status=$(curl -sS --max-time 20 -o "$work/body" -D "$work/head" -w '%{http_code}' "$@" 2> "$work/error") || status="curl: $(cat "$work/error")"
}
# expect WHAT STATUS [EXTENDED-REGEX-IN-BODY]
expect() {
  if [ "$status" != "$2" ]; then
    echo "not ok $1: status $status instead of $2: $(head -c 400 "$work/body" | tr '\n' ' ')"
  elif [ -n "${3:-}" ] && ! grep -qE "$3" "$work/body"; then
    echo "not ok $1: no $3 in: $(head -c 400 "$work/body" | tr '\n' ' ')"
  else
    echo "ok $1"
  fi
}
header() { grep -iE "$1" "$work/head" > /dev/null && echo "ok $2" || echo "not ok $2: no $1 in: $(tr '\r\n' '  ' < "$work/head")"; }

fetch "$url/health/ready"; expect 'ready' 200
fetch -X POST "$t/rows?create=infer" -H "$json" -d '[{"user":"ada","added":12},{"user":"grace","added":7}]'
expect 'first rows, the table inferred' 200 '"rows" *: *2'
fetch "$t/log"; expect 'rows read back' 200 '"user" *: *"ada"'; header '^content-type: application/json' 'JSON without Accept'
fetch "$t/log" --get --data-urlencode 'where=added > 10' --data-urlencode 'columns=user'
expect 'filtered and projected' 200 '"rows" *: *\[ *\{ *"user" *: *"ada" *\} *\]'
fetch "$t/log" -H 'Accept: application/x-ndjson'; expect 'NDJSON' 200 '^\{.*"grace".*\}$'
fetch "$t/log" -H 'Accept: application/vnd.apache.arrow.stream'; expect 'Arrow' 200
header '^content-type: application/vnd.apache.arrow.stream' 'Arrow is named'
header '^weir-next: ' 'Arrow carries the cursor, as header or trailer'
next=$(sed -n 's/^[Ww]eir-[Nn]ext: *\([^ \r]*\).*/\1/p' "$work/head" | tail -n 1)
printf '{"user":"joan","added":1}\n{"user":"mary","added":2}\n' > "$work/rows"
fetch -X POST "$t/rows" -H 'Content-Type: application/x-ndjson' --data-binary "@$work/rows"; expect 'NDJSON write' 200 '"durability" *: *"local"'
fetch "$t/log" --get --data-urlencode "from=$next"; expect 'the cursor finds the new rows alone' 200 'joan.*mary'
if grep -q ada "$work/body"; then echo 'not ok the cursor shows old rows again'; else echo 'ok the cursor shows no old row'; fi
fetch --compressed "$t/log"; expect 'gzip' 200 'grace'; header '^content-encoding: gzip' 'gzip is named'
timeout 5 curl -sS -N --max-time 3 -H 'Accept: text/event-stream' "$t/log?from=earliest&follow=true" > "$work/body" 2> /dev/null
status=tail; expect 'events have ids' tail '^id: *[^ ]+'; expect 'events have rows' tail '^data: *\{.*"ada".*\}'
fetch -X PATCH "$t" -H "$json" -d '{"add_columns":[{"name":"note","type":"STRING"}]}'; expect 'a column is added' 200
fetch "$t/log?limit=1"; expect 'old rows have null there' 200 '"note" *: *null'
fetch "$t/buckets"; expect 'buckets' 200 'high_watermark'
fetch "$url/v1/cluster"; expect 'cluster' 200 'members'
fetch "$url/metrics"; expect 'metrics' 200 '^# TYPE '
fetch "$url/openapi.json"; expect 'OpenAPI' 200 '"openapi" *: *"3\.1'

fetch "$url/v1/databases/none/tables/none/log"; expect 'no such table' 404 '"code"'; header '^content-type: application/problem\+json' 'a problem'
fetch -X POST "$t/rows" -H "$json" -d '{"user":'; expect 'broken JSON' 400 '"detail"'
fetch -X POST "$t/rows" -H "$json" -d '{"added":"many"}'; expect 'wrong type' 400 '"errors"'
fetch -X POST "$t/rows" -H 'Content-Type: text/csv' -d 'a,b'; expect 'unknown media type' 415
fetch -X POST "$t/rows" -H 'Content-Type:' -d 'a,b'; expect 'no media type' 415
fetch "$t/log" -H 'Accept: text/csv'; expect 'unacceptable' 406
fetch "$t/log" --get --data-urlencode 'where=usr = 1'; expect 'unknown column in where' 400 'user'
fetch -X PUT "$t"; expect 'wrong method' 405
fetch --path-as-is "$url/v1/databases/../../etc/passwd"; expect 'path that climbs' 404
fetch "$t/log"; expect 'and nothing was stored by any of these' 200 '"mary"'
if [ "$(grep -o '"user"' "$work/body" | wc -l)" = 4 ]; then echo 'ok four rows'; else echo 'not ok four rows'; fi
fetch -X DELETE "$url/v1/databases/demo_curl?cascade=true"; case $status in 200 | 204) echo 'ok dropped' ;; *) echo "not ok dropped: $status" ;; esac
echo end

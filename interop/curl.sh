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
expect 'buckets say what is on the object store' 200 '"remote_offset":null,.*"upload_backlog_segments":0,.*"upload_problem":null'
fetch -X POST "$url/v1/remote:reap?dry_run=true"; expect 'what the reaper would delete' 200 '"orphans" *: *0'
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

# Tables with a primary key: the README's lines, as they stand there but for the address and the name of the database.
readme=$(dirname "${BASH_SOURCE[0]}")/../README.md
sed -n '/^<!-- keyed:/,/^```$/p' "$readme" | grep '^curl ' | sed "s#http://127.0.0.1:8080#$url#g; s#/shop/#/shop_curl/#g; s#\"shop\"#\"shop_curl\"#g" > "$work/keyed"
lines=0
while IFS= read -r line; do
  lines=$((lines + 1))
  bash -c "$line -sS --max-time 20 --fail-with-body" < /dev/null > "$work/answer$lines" 2>&1 && echo "ok README keyed, line $lines" || echo "not ok README keyed, line $lines: $(head -c 400 "$work/answer$lines")"
done < "$work/keyed"
# answer WHAT LINE EXTENDED-REGEX
answer() { grep -qE "$3" "$work/answer$2" && echo "ok $1" || echo "not ok $1: no $3 in: $(head -c 400 "$work/answer$2" | tr '\n' ' ')"; }
answer 'README: the rows are merged' 4 '\{"item":"tea","n":3\}'
answer 'README: changes' 5 '"update_before".*"item":"tea","n":5.*"update_after".*"item":"tea","n":3'
answer 'README: aggregates' 6 '\{"rows":\[\{"items":2,"n":12\}\]\}'
k=$url/v1/databases/shop_curl/tables/stock
fetch -X POST "$k/rows:lookup" -H "$json" -d '{"keys":[{"item":"rice"},{"item":"salt"},{"item":"tea"}],"columns":["n"]}'
expect 'lookup of many' 200 '\{"rows":\[\{"n":9\},null,\{"n":3\}\]\}'
fetch -X POST "$k/rows:lookup" -H "$json" -d '{"keys":[{"item":"rice"},{"n":1}]}'; expect 'lookup without the key' 400 '"errors"'
fetch -X POST "$k/rows:prefix" -H "$json" -d '{"prefix":{"item":"tea"}}'; expect 'prefix' 200 '"rows":\[\{"item":"tea","n":3\}\]'
fetch -X POST "$k/rows:prefix" -H "$json" -d '{"prefix":{"n":3}}'; expect 'prefix without the bucket key' 400 'item'
fetch -X PATCH "$k/rows" -H "$json" -d '{"item":"tea","n":1}'; expect 'patch' 200 '"rows":1'
fetch -X PATCH "$k/rows" -H "$json" -d '{"n":1}'; expect 'patch without the key' 400 '"errors"'
fetch "$k/rows/tea?columns=n"; expect 'one row, projected' 200 '^\{"n":4\}'
fetch "$k/rows/none"; expect 'no such row' 404 '"row-not-found"'; header '^content-type: application/problem\+json' 'a problem too'
fetch "$k/scan" --get --data-urlencode 'where=n > 4'; expect 'scan' 200 '"rows":\[\{"item":"rice","n":9\}\]'; header '^weir-next: ' 'scan carries a cursor'
fetch "$k/scan?source=lake"; case $status in 4??) echo 'ok no lake' ;; *) echo "not ok no lake: $status" ;; esac
fetch "$k/binlog?limit=1" -H 'Accept: application/x-ndjson'; expect 'binlog' 200 '"_change_type":"insert".*"before":null,"after":\{'
fetch -X POST "$k/aggregate" -H "$json" -d '{"group_by":["item"],"where":"n < 9","aggregates":{"top":"max(n)"}}'; expect 'aggregate by group' 200 '"rows":\[\{"item":"tea","top":4\}\]'
fetch -X POST "$k/aggregate" -H "$json" -d '{"aggregates":{"m":"median(n)"}}'; expect 'no such function' 400 'rb_cardinality'
for turn in first again; do
  fetch -X POST "$k/rows" -H "$json" -H 'Weir-Writer-Id: curl' -H 'Weir-Writer-Sequence: 1' -d '{"item":"oil","n":2}'; expect "a numbered write, $turn" 200
done
fetch "$k/rows/oil"; expect 'it counts once' 200 '"n":2\}'
fetch -X POST "$k/rows" -H "$json" -H 'Weir-Writer-Id: curl' -d '{"item":"oil","n":2}'; expect 'a writer without a sequence' 400
fetch -X POST "$k/rows:delete" -H "$json" -d '[{"item":"oil"},{"item":"none"}]'; expect 'delete of many' 200 '"rows":2'
fetch -X POST "$k/rows:delete" -H "$json" -d '{"n":1}'; expect 'delete without the key' 400 '"errors"'
fetch -X DELETE "$k/rows/rice"; expect 'delete of one' 200 '"rows":1'
fetch -X POST "$k/rows" -H "$json" -d '[{"item":"a","n":1},{"item":null,"n":1}]'; expect 'a null key' 400 '"row":1,"pointer":"/item"'
fetch "$k/scan"; expect 'what is left' 200 '\{"rows":\[\{"item":"tea","n":4\}\]'
fetch -X PATCH "$t/rows" -H "$json" -d '{"user":"ada"}'; expect 'no patch of a log table' 422 'primary_key'
fetch "$t/rows/ada"; expect 'no lookup in a log table' 400 'primary'
fetch "$t/changelog?limit=1"; expect 'the changelog of a log table' 200 '"insert"'

fetch "$url/v1/databases/shop_curl/tables" -H "$json" -d '{"name":"sales","primary_key":["day","item"],"partition_by":["day"],"columns":[{"name":"day","type":"DATE","nullable":false},{"name":"item","type":"STRING","nullable":false},{"name":"n","type":"INT"}]}'
expect 'a partitioned table' 201
p=$url/v1/databases/shop_curl/tables/sales
fetch -X POST "$p/rows" -H "$json" -d '[{"day":"2026-11-22","item":"tea","n":1},{"day":"2026-11-23","item":"tea","n":2}]'; expect 'rows make partitions' 200 '"partition":"2026-11-23"'
fetch "$p/partitions" -H "$json" -d '{"name":"2026-11-24"}'; expect 'a partition by name' 201
fetch "$p/partitions" -H "$json" -d '{"values":{"day":"2026-11-24"}}'; expect 'it is there' 409
fetch "$p/partitions" -H "$json" -d '{"name":"../../x"}'; expect 'a name that climbs' 400
fetch "$p/partitions"; expect 'partitions listed' 200 '2026-11-22.*2026-11-23.*2026-11-24'
fetch "$p/scan?partition=2026-11-22"; expect 'one is read' 200 '"rows":\[\{"day":"2026-11-22","item":"tea","n":1\}\]'
fetch -X DELETE "$p/partitions/2026-11-22"; expect 'one is dropped' 204
fetch "$p/scan?partition=2026-11-22"; expect 'it is gone' 404
fetch -X POST "$p/rows:lookup" -H "$json" -d '{"keys":[{"day":"2026-11-22","item":"tea"},{"day":"2026-11-23","item":"tea"}]}'; expect 'and its rows' 200 '"rows":\[null,\{"day":"2026-11-23"'
fetch -X DELETE "$url/v1/databases/shop_curl?cascade=true"; expect 'keyed tables dropped' 204
fetch -X DELETE "$url/v1/databases/demo_curl?cascade=true"; case $status in 200 | 204) echo 'ok dropped' ;; *) echo "not ok dropped: $status" ;; esac
echo end

#!/bin/sh
# What --scan writes for programs: --format=openmetrics as Prometheus's own parsers read it, that of OpenMetrics and that of
# the older text that node_exporter takes, with a server that identifies itself by whatever bytes break either; and
# --output, which leaves the old file or the new one. The cases are in scan-output.py.
#
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
PYTHONPATH=$BUILDDIR/python${PYTHONPATH:+:$PYTHONPATH}
export PYTHONPATH
need "the output of a scan" python3 strace || finish
if ! python3 -c 'import prometheus_client' 2>/dev/null; then
	skip "the output of a scan" "Python has no prometheus_client"
	finish
fi
PYTHONDONTWRITEBYTECODE=1 python3 "$TOOLS/scan-output.py" "$T" "$MESHSSH" </dev/null || not_ok "the driver ran"
verdicts

if need "systemd takes the units" systemd-analyze; then
	mkdir "$T/units"
	for unit in service timer; do
		sed "s|=/usr/bin/meshssh-doctor |=$BUILDDIR/meshssh-doctor |" "$SRCDIR/contrib/prometheus/meshssh-scan.$unit" \
		    >"$T/units/meshssh-scan.$unit"
	done
	systemd-analyze verify --man=no "$T/units/meshssh-scan.service" "$T/units/meshssh-scan.timer" >"$T/out" 2>&1
	is "systemd takes the units" "$? $(grep -F meshssh-scan "$T/out")" "0 "
fi
finish

# shellcheck shell=sh
# Sourced by the attacks: each has a driver in Python of the same name. A random choice comes from ATTACK_SEED; with
# ATTACK_FULL, which tests/run --full sets, an attack is whole, else in a short form.

ATTACK_SEED=${ATTACK_SEED:-1}
export ATTACK_SEED

# attack NAME: the driver, where there are no networks and mounts but its own.
attack() {
	a_new=-nm
	[ "$(id -u)" -eq 0 ] || a_new=-rnm
	if ! unshare $a_new true 2>/dev/null; then
		skip "$1" "no right to make namespaces"
		return
	fi
	echo "# ATTACK_SEED=$ATTACK_SEED${ATTACK_FULL:+ ATTACK_FULL=$ATTACK_FULL}"
	# shellcheck disable=SC2016	# for the inner shell
	PYTHONDONTWRITEBYTECODE=1 unshare $a_new --propagation private sh -c 'ip link set lo up && exec python3 "$@"' \
	    sh "$SRCDIR/tests/attack/$1.py" "$T" </dev/null || not_ok "the driver ran"
	verdicts
}

# shellcheck shell=sh
# Sourced by the attacks: each has a driver in Python of the same name. A random choice comes from ATTACK_SEED; with
# ATTACK_FULL, which tests/run --full sets, an attack is whole, else in a short form.

ATTACK_SEED=${ATTACK_SEED:-1}
export ATTACK_SEED

# attack NAME: the driver, where there are no networks and mounts but its own.
attack() {
	need_namespaces "$1" || return
	echo "# ATTACK_SEED=$ATTACK_SEED${ATTACK_FULL:+ ATTACK_FULL=$ATTACK_FULL}"
	# shellcheck disable=SC2016	# for the inner shell
	PYTHONDONTWRITEBYTECODE=1 unshare "$NS" --propagation private sh -c 'ip link set lo up && exec python3 "$@"' \
	    sh "$SRCDIR/tests/attack/$1.py" "$T" </dev/null || not_ok "the driver ran"
	verdicts
}

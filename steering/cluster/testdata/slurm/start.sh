#!/bin/sh
# Runs a whole Slurm on this one machine, to try things on: munged, slurmctld
# and two nodes of one processor each, on the loopback interface, with all of
# their files in a folder. Needs root, and Debian's packages slurm-wlm and munge.
#
#	start.sh FOLDER           starts it; then: export SLURM_CONF=FOLDER/slurm.conf
#	start.sh FOLDER node N    starts node N (1 or 2) anew after it was killed
#	start.sh FOLDER stop      stops it
#
# FOLDER/NAME.pid holds the process of munged, slurmctld, node1 and node2.
set -eu
folder=${1:?"usage: start.sh FOLDER [node N | stop]"}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
conf=$folder/slurm.conf

# daemon NAME COMMAND... runs a daemon that stays in the foreground.
daemon() {
	name=$1
	shift
	"$@" >>"$folder/$name.log" 2>&1 </dev/null &
	echo $! >"$folder/$name.pid"
}

node() { daemon "node$1" slurmd -D -f "$conf" -N "node$1"; }

stop() {
	for name in node1 node2 slurmctld munged; do
		[ -e "$folder/$name.pid" ] || continue
		pid=$(cat "$folder/$name.pid")
		kill "$pid" 2>/dev/null || true
		for _ in 1 2 3 4 5 6 7 8 9 10; do
			kill -0 "$pid" 2>/dev/null || break
			sleep 0.2
		done
		kill -9 "$pid" 2>/dev/null || true
		rm -f "$folder/$name.pid"
	done
}

case ${2:-start} in
stop)
	stop
	exit
	;;
node)
	node "$3"
	exit
	;;
esac

missing=
for command in munged slurmctld slurmd sbatch squeue scancel; do
	command -v "$command" >/dev/null || missing="$missing $command"
done
if [ -n "$missing" ]; then
	echo "start.sh: there is no$missing here: apt-get install slurm-wlm munge" >&2
	exit 1
fi

port=$((20000 + $$ % 20000))
(umask 077 && head -c 128 /dev/urandom >"$folder/munge.key")
mkdir -p "$folder/state"
cat >"$conf" <<CONF
ClusterName=here
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort=$port
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$folder/munge.socket
CredType=cred/munge
StateSaveLocation=$folder/state
SlurmctldPidFile=$folder/slurmctld.own.pid
SlurmdPidFile=$folder/%n.own.pid
SlurmdSpoolDir=$folder/%n.spool
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SchedulerType=sched/backfill
SchedulerParameters=bf_interval=1
# A node that says nothing for ten seconds is down, its jobs go back into the
# queue, and jobs that ended are forgotten soon, as on a busy cluster.
SlurmdTimeout=10
KillWait=5
MinJobAge=5
ReturnToService=2
JobRequeue=1
NodeName=node1 NodeHostname=localhost NodeAddr=127.0.0.1 Port=$((port + 1)) CPUs=1 State=UNKNOWN
NodeName=node2 NodeHostname=localhost NodeAddr=127.0.0.1 Port=$((port + 2)) CPUs=1 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
trap 'stop' EXIT
daemon munged munged --foreground --force --key-file="$folder/munge.key" --socket="$folder/munge.socket" \
	--pid-file="$folder/munged.own.pid" --log-file="$folder/munged.own.log" --seed-file="$folder/munge.seed"
for _ in 1 2 3 4 5 6 7 8 9 10; do
	[ -S "$folder/munge.socket" ] && break
	sleep 0.2
done
daemon slurmctld slurmctld -D -f "$conf"
node 1
node 2
SLURM_CONF=$conf
export SLURM_CONF
for _ in $(seq 60); do
	[ "$(sinfo --noheader --format=%T%D 2>/dev/null)" = idle2 ] && trap - EXIT && exit
	sleep 0.5
done
echo "start.sh: the nodes did not come up: see $folder/slurmctld.log and $folder/node1.log" >&2
exit 1

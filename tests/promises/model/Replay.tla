------------------------------- MODULE Replay -------------------------------
(***************************************************************************)
(* Steps that a real Postgres has taken, held against Statements.tla: each *)
(* must be one that the model allows, from the row as it was before to the *)
(* row as it was left. Between two steps nothing may change but what time  *)
(* changes.                                                                *)
(*                                                                         *)
(* A trace is one job's history: a sequence of                             *)
(*   statement  its name in sql/lifecycle/; "psql" if it has none          *)
(*   who        the worker, sweeper or person                              *)
(*   lease      that the statement carries, 0 if it carries none           *)
(*   current    the revision that the statement carries is the row's       *)
(*   refused    it changed nothing: a write of an attempt that got no row  *)
(*   moved      by how much the row's revision moved                       *)
(*   before, after   the row, see Statements.tla                           *)
(***************************************************************************)
EXTENDS Statements, Sequences, TLC

CONSTANTS
    Steps,   \* every step there is, each once
    Traces   \* sequences of their numbers

VARIABLES
    trace,   \* which trace
    at,      \* how many of its steps were found to be allowed
    holder   \* who claimed the job last and has not lost it since

vars == <<scenario, trace, at, holder>>
Nobody == "nobody"

\* A page of a scan is a checkpoint as a chunk is: the model has one kind of them.
Renewing == {"heartbeat", "find_page", "keep_page", "start_chunks", "checkpoint"}
Ending == {"finish", "fail", "retry_later", "hand_over"}

WriteRows(r, lease, statement) ==
    CASE statement \in {"heartbeat", "find_page"} -> HeartbeatRows(r)
      [] statement = "start_chunks" -> StartChunksRows(r)
      [] statement \in {"checkpoint", "keep_page"} -> CheckpointRows(r)
      [] statement = "finish" -> FinishRows(r)
      [] statement = "fail" -> FailRows(r)
      [] statement = "retry_later" -> RetryLaterRows(r)
      [] statement = "hand_over" -> HandOverRows(r, lease)

\* What a person may do in psql: the trigger makes it whole. Turning a clock is letting time pass.
PsqlRows(r, after) ==
    SetPendingRows(r)
    \cup {[later EXCEPT !.max = after.max, !.limit = limit] :
            later \in LaterRows(r),
            limit \in {r.limit} \cup IF r.limit \in {"ahead", "past", "outlived"} THEN {"past", "outlived"} ELSE {}}
    \cup IF r.status = "running" THEN {} ELSE SetRunningRows(r)

Allowed(s) ==
    LET r == s.before IN
    CASE s.statement \in Renewing \cup Ending ->
            IF s.refused
            THEN ~Fits(r, s.lease, s.statement) /\ holder # s.who /\ s.after = r
            ELSE Fits(r, s.lease, s.statement) /\ holder = s.who /\ s.after \in WriteRows(r, s.lease, s.statement)
      [] s.statement \in {"create_job", "create_jobs"} -> at = 0 /\ s.after = NewRow(s.after.max)
      [] s.statement = "claim" -> holder = Nobody /\ ClaimOk(r) /\ s.after \in ClaimRows(r)
      [] s.statement \in Sweeps -> SweepOk(r, s.statement) /\ s.after \in SweepRows(r, s.statement)
      [] s.statement = "reserve_dispatches" -> ReserveOk(r) /\ s.after \in ReserveRows(r) \cup HoldRows(r)
      [] s.statement = "hold" -> HoldOk(r) /\ s.after \in HoldRows(r)
      [] s.statement \in {"release_held", "sweep_resumed"} -> ReleaseOk(r) /\ s.after \in ReleaseRows(r)
      [] s.statement = "put_off" -> PutOffOk(r) /\ s.after \in PutOffRows(r)
      [] s.statement = "note_dispatched" -> NoteOk(s.current) /\ s.after \in NoteRows(r)
      [] s.statement = "give_up_on_message" -> GiveUpOk(r, s.current) /\ s.after \in GiveUpRows(r)
      [] s.statement = "retry_by_hand" -> RetryOk(r) /\ s.after \in RetryRows(r)
      [] s.statement = "retry_many" -> s.current /\ RetryOk(r) /\ s.after \in RetryRows(r)
      [] s.statement = "cancel" -> CancelOk(r) /\ s.after \in CancelRows(r)
      [] s.statement = "cancel_many" -> s.current /\ CancelOk(r) /\ s.after \in CancelRows(r)
      [] s.statement = "end_review" -> EndReviewOk(r) /\ s.after \in EndReviewRows(r)
      [] s.statement = "psql" -> s.after \in PsqlRows(r, s.after)
      [] OTHER -> FALSE

\* Each change of status moves the revision by one, and so does what holds a job or releases it. Nothing else moves it.
Revision(s) ==
    IF s.statement = "psql" THEN s.moved \in {0, 1} /\ (s.after.status # s.before.status => s.moved = 1)
    ELSE s.moved = IF \/ s.refused \/ s.statement \in Renewing \cup {"note_dispatched", "put_off"}
                      \/ (s.statement = "reserve_dispatches" /\ s.after.nudge # "held")
                   THEN 0 ELSE 1

HolderAfter(s) ==
    IF s.refused THEN holder
    ELSE IF s.statement = "claim" THEN s.who
    ELSE IF s.after.status # "running" \/ s.after.lease # s.before.lease THEN Nobody
    ELSE holder

\* TLC would make the whole sequences anew for each look at one of them.
ASSUME TLCSet(1, Steps) /\ TLCSet(2, Traces)
Numbers == TLCGet(2)[trace]
Step(number) == TLCGet(1)[Numbers[number]]

Init ==
    /\ scenario = [number |-> 0, without |-> {}]
    /\ trace \in 1..Len(Traces)
    /\ at = 0
    /\ holder = Nobody

Next ==
    /\ at < Len(Numbers)
    /\ LET s == Step(at + 1) IN
        /\ IF at = 0 THEN TRUE ELSE s.before \in LaterRows(Step(at).after)
        /\ Allowed(s) /\ Revision(s)
        /\ holder' = HolderAfter(s)
    /\ at' = at + 1
    /\ PrintT("allowed in trace " \o ToString(trace) \o ": " \o ToString(at'))
    /\ UNCHANGED <<scenario, trace>>

Spec == Init /\ [][Next]_vars
=============================================================================

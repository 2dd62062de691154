----------------------------- MODULE Statements -----------------------------
(***************************************************************************)
(* What each statement of sql/lifecycle/ (and the trigger on changes by    *)
(* hand) does to one job's row. A statement that may change a row has two  *)
(* operators: ...Ok(r, ...) is its WHERE, ...Rows(r, ...) the set of rows  *)
(* that it may leave. Lifecycle.tla says who runs them when; Replay.tla    *)
(* holds them against what a real Postgres did.                            *)
(*                                                                         *)
(* A row, and the columns that it stands for:                              *)
(*   status, attempt, max (max_attempts), lease                            *)
(*   due      a pending job's run_after <= now(); else TRUE by convention  *)
(*   old      a running job's heartbeat (updated_at) is older than the     *)
(*            threshold; TRUE by convention while it is not running        *)
(*   limit    of a running job, deadline_at: "none", "ahead", "past", or   *)
(*            "outlived": past, and a heartbeat was written since.         *)
(*            Of a pending one, time_left: "none", "kept", or "used up"    *)
(*   nudge    a pending job's next_dispatch_at: "later", "now", or         *)
(*            "held": infinity, for its project is paused;                 *)
(*            "later" by convention while it is not pending                *)
(*   sent     a pending job's dispatched_at is set; FALSE by convention    *)
(*            while it is not pending                                      *)
(*   chunks   how many checkpoints are kept                                *)
(*   by       the lease that wrote the latest of them, 0 if there is none  *)
(*   results  the leases whose objects are in the results table            *)
(*   died     how many of the latest events in a row are dead letters      *)
(*   told     the status that the latest event of the history tells        *)
(*                                                                         *)
(* Time is what the statements see of it: whether a moment has passed.     *)
(*                                                                         *)
(* `scenario.without` is the set of guards that are taken out; none of them  *)
(* is the design as it stands. `scenario.number` tells one such set from    *)
(* another.                                                                *)
(***************************************************************************)
EXTENDS Naturals, FiniteSets

CONSTANT EnoughDeadLetters  \* so many revisions' messages must die, one after the other
VARIABLE scenario

Has(statement, guard) == <<statement, guard>> \notin scenario.without

Ended == {"completed", "requires_review", "failed", "cancelled"}
Statuses == {"pending", "running"} \cup Ended

\* Every change of status writes its event in the same transaction.
Tells(r, status) == IF Has("history", "same transaction") THEN status ELSE r.told

Becomes(r, status) ==
    [r EXCEPT !.status = status, !.told = Tells(r, status), !.died = 0,
              !.due = TRUE, !.old = (status # "running"), !.nudge = "later",
              !.sent = (status = "pending") /\ @]

\* Set back to pending: unsent, and the next message is somebody's to send.
Reset(r, due) == [Becomes(r, "pending") EXCEPT !.due = due, !.sent = FALSE]

Fails(r) == [Becomes(r, "failed") EXCEPT !.limit = "none"]

(************************* create_job **************************************)
NewRow(max) ==
    [status |-> "pending", attempt |-> 0, max |-> max, lease |-> 0, due |-> TRUE, old |-> TRUE,
     limit |-> "none", nudge |-> "later", sent |-> FALSE, chunks |-> 0, by |-> 0, results |-> {},
     died |-> 0, told |-> "pending"]

(************************* claim *******************************************)
ClaimOk(r) ==
    /\ Has("claim", "only pending") => r.status = "pending"
    /\ Has("claim", "only when due") => r.due
    /\ Has("claim", "only within the budget") => r.attempt < r.max
    /\ Has("claim", "not of a paused project") => r.nudge # "held"

ClaimRows(r) ==
    {[Becomes(r, "running") EXCEPT
        !.attempt = IF Has("claim", "counts the attempt") THEN @ + 1 ELSE @,
        !.lease = IF Has("claim", "raises the lease") THEN @ + 1 ELSE r.attempt + 1,
        !.limit = IF @ = "used up" /\ Has("claim", "goes on with the time left") THEN "past" ELSE "ahead"]}

(************************* the writes of an attempt, each fenced ***********)
Fits(r, lease, statement) ==
    /\ Has(statement, "fence: lease") => r.lease = lease
    /\ Has(statement, "fence: status") => r.status = "running"

Beats(r) == [r EXCEPT !.old = (r.status # "running"), !.limit = IF @ = "past" THEN "outlived" ELSE @]

HeartbeatRows(r) == {Beats(r)}

\* Checkpoints of another plan are dropped.
StartChunksRows(r) ==
    {[Beats(r) EXCEPT !.chunks = kept, !.by = IF kept = 0 THEN 0 ELSE @] :
        kept \in 0..r.chunks}

\* A chunk may have been there already: one that failed in another attempt is done anew.
CheckpointRows(r) ==
    {[Beats(r) EXCEPT !.chunks = kept, !.by = r.lease] :
        kept \in {k \in {r.chunks, r.chunks + 1} : k > 0}}

FinishRows(r) ==
    {[Becomes(r, verdict) EXCEPT
        !.limit = "none", !.chunks = 0, !.by = 0,
        !.results = IF Has("finish", "replaces an earlier result") THEN {r.lease} ELSE @ \cup {r.lease}] :
        verdict \in {"completed", "requires_review"}}

FailRows(r) == {Fails(r)}

RetryLaterRows(r) ==
    IF r.attempt < r.max \/ ~Has("retry_later", "only within the budget")
    THEN {[Reset(r, due) EXCEPT !.limit = "none"] : due \in BOOLEAN}
    ELSE {Fails(r)}

Progressed(r, lease) == r.by = lease

HandOverRows(r, lease) ==
    IF Progressed(r, lease)
    THEN {[Reset(r, TRUE) EXCEPT
             !.limit = IF @ = "none" THEN @ ELSE IF @ = "ahead" THEN "kept" ELSE "used up",
             !.attempt = IF Has("hand_over", "progress costs nothing") /\ @ > 0 THEN @ - 1 ELSE @]}
    ELSE IF r.attempt < r.max \/ ~Has("hand_over", "no progress counts")
    THEN {[Reset(r, TRUE) EXCEPT
             !.limit = "none",
             !.attempt = IF Has("hand_over", "no progress counts") \/ @ = 0 THEN @ ELSE @ - 1]}
    ELSE {Fails(r)}

(************************* the API *****************************************)
RetryOk(r) == Has("retry_by_hand", "only running or failed") => r.status \in {"running", "failed"}

RetryRows(r) ==
    {[Reset(r, TRUE) EXCEPT
        !.attempt = 0, !.limit = "none",
        !.lease = IF Has("retry_by_hand", "the lease stays") THEN @ ELSE 0]}

CancelOk(r) == Has("cancel", "only pending or running") => r.status \in {"pending", "running"}
CancelRows(r) == {[Becomes(r, "cancelled") EXCEPT !.limit = "none"]}

EndReviewOk(r) == Has("end_review", "only requires_review") => r.status = "requires_review"
EndReviewRows(r) == {Becomes(r, verdict) : verdict \in {"completed", "failed"}}

(************************* the sweep ***************************************)
Sweeps == {"sweep_overdue", "sweep_spent", "sweep_orphans", "sweep_unclaimable"}

SweepOk(r, statement) ==
    CASE statement = "sweep_overdue" ->
            /\ r.status = "running"
            /\ Has("sweep_overdue", "only past the deadline") => r.limit \in {"past", "outlived"}
            \* A heartbeat that ended before the deadline is a dead worker's, however long nobody looked.
            /\ Has("sweep_overdue", "only what was held until then") => r.limit # "past" \/ ~r.old
      [] statement = "sweep_spent" ->
            /\ r.status = "running"
            /\ Has("sweep_spent", "only without a heartbeat") => r.old
            /\ Has("sweep_spent", "only a spent budget") => r.attempt >= r.max
      [] statement = "sweep_orphans" ->
            /\ r.status = "running"
            /\ Has("sweep_orphans", "only without a heartbeat") => r.old
            /\ Has("sweep_orphans", "only within the budget") => r.attempt < r.max
      [] statement = "sweep_unclaimable" ->
            r.status = "pending" /\ r.nudge = "now" /\ r.attempt >= r.max

SweepRows(r, statement) ==
    IF statement = "sweep_orphans"
    THEN {[Reset(r, due) EXCEPT !.limit = "none"] : due \in BOOLEAN}
    ELSE {Fails(r)}

(************************* a project is paused, and resumed ****************)
\* By a claim that found it paused, or by the sweep instead of a message. What was handed over goes on.
HoldOk(r) == r.status = "pending" /\ r.due /\ r.nudge # "held" /\ r.limit = "none"
HoldRows(r) == IF r.limit = "none" THEN {[r EXCEPT !.nudge = "held", !.sent = FALSE, !.died = 0]} ELSE {}

ReleaseOk(r) == r.status = "pending" /\ r.nudge = "held"
ReleaseRows(r) == {[r EXCEPT !.nudge = nudge, !.died = 0] : nudge \in {"later", "now"}}

\* An early message, too early for the queue to hold another one back.
PutOffOk(r) == r.status = "pending" /\ ~r.due
PutOffRows(r) == {[r EXCEPT !.nudge = "later", !.sent = FALSE]}

ReserveOk(r) ==
    /\ r.status = "pending" /\ r.nudge = "now" /\ r.attempt < r.max
    /\ Has("reserve_dispatches", "sends again what was sent") \/ ~r.sent
ReserveRows(r) == {[r EXCEPT !.nudge = "later"]}

(************************* messages ****************************************)
\* `current`: the message (or the note that it was sent) is of the row's revision.
NoteOk(current) == Has("note_dispatched", "only its own revision") => current
NoteRows(r) == {[r EXCEPT !.sent = TRUE, !.nudge = "later"]}

GiveUpOk(r, current) ==
    /\ Has("give_up_on_message", "only its own revision") => current
    /\ Has("give_up_on_message", "only pending") => r.status = "pending"
GiveUpRows(r) ==
    IF r.died + 1 < EnoughDeadLetters
    THEN {[r EXCEPT !.status = "pending", !.told = Tells(r, "pending"), !.nudge = "now", !.died = @ + 1]}
    ELSE {[Fails(r) EXCEPT !.died = r.died + 1]}

(************************* a person in psql, made whole by the trigger *****)
\* Due at once, or when the statement says.
SetPendingRows(r) ==
    {[Reset(r, due) EXCEPT
        !.attempt = 0, !.limit = "none", !.nudge = IF due THEN "now" ELSE "later",
        !.sent = IF Has("by_hand", "a reset is unsent") THEN FALSE ELSE r.sent] : due \in BOOLEAN}

SetRunningRows(r) ==
    {[Becomes(r, "running") EXCEPT
        !.old = old, !.limit = "none",
        !.lease = IF Has("by_hand", "running takes the lease") THEN @ + 1 ELSE @] : old \in BOOLEAN}

LowerBudgetRows(r) == {[r EXCEPT !.max = 1]}

(************************* time ********************************************)
\* Rows that differ from r by nothing but moments that have passed.
LaterRows(r) ==
    {[r EXCEPT !.due = due, !.old = old, !.limit = limit, !.nudge = nudge] :
        due \in {r.due, TRUE}, old \in {r.old, TRUE},
        limit \in IF r.limit = "ahead" THEN {"ahead", "past"} ELSE {r.limit},  \* what is kept stands still
        nudge \in IF r.status = "pending" /\ r.nudge # "held" THEN {r.nudge, "now"} ELSE {r.nudge}}
=============================================================================

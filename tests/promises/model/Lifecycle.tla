------------------------------ MODULE Lifecycle -----------------------------
(***************************************************************************)
(* Who runs the statements, when, and what may go wrong on the way: queue  *)
(* messages that are lost, doubled or late; workers that crash, stall,     *)
(* hang, come back as zombies, and are not told that their write took      *)
(* effect; a sweeper that is interrupted between its look and its write;   *)
(* people who retry, cancel, review, and change rows in psql; and time.    *)
(*                                                                         *)
(* A message is a nudge: `queue[j]` says whether a message of the row's    *)
(* present revision, or one of an earlier revision, is under way. Nobody   *)
(* takes it off for good: taken, doubled and late are the same, and gone   *)
(* (deleted, lost, expired, purged) is a step of its own that comes at any *)
(* time.                                                                   *)
(***************************************************************************)
EXTENDS Statements, Sequences, TLC

CONSTANTS
    Jobs, Workers, Sweepers,
    Chunks,         \* of a document; a hand-over needs a new one of them to be free
    Scenarios,      \* what `scenario` may be
    Relative,       \* leases are kept relative to the row's: 1 is its own, 0 an earlier one
    Tell            \* keep in `did` what the last step was, for traces in plain words

VARIABLES
    row,        \* the table
    queue,      \* job -> subset of {"current", "earlier"}
    notes,      \* the same: messages that were sent and whose sender is yet to note it
    worker,     \* what each worker believes it holds
    sweeper,    \* what each sweeper has looked at and not yet written
    byHand,     \* changes by people so far
    \* What really happened, known to nobody in the system. Every promise is told in these.
    holder,     \* the worker that the latest claim gave the job to, until it was taken away
    starts,     \* attempts begun since the budget was last fresh, free hand-overs not counted
    elapsed,    \* job -> somebody held it for its whole time limit, counted from the start of its attempt. It counts
                \* as held as long as its heartbeat is younger than the threshold
    went,       \* job -> a message went out since the job last became pending
    deaths,     \* job -> revisions in a row of which a message died
    broken,     \* the first promise that a step broke, in words; "" if none
    did         \* the last step, in words

system == <<row, queue, notes, worker, sweeper, byHand>>
truth == <<holder, starts, elapsed, went, deaths, broken>>
vars == <<scenario, system, truth, did>>
View == <<scenario, system, truth>>

Nobody == "nobody"
Idle == [mode |-> "idle", job |-> Nobody, lease |-> 0]
Resting == [statement |-> "none", job |-> Nobody]
Says(who, act, what) == IF Tell THEN <<who, act, what>> ELSE <<>>
Broke(condition, words) == IF condition /\ broken = "" THEN words ELSE broken


Init ==
    /\ scenario \in Scenarios
    /\ row = [j \in Jobs |-> NewRow(scenario.attempts)]
    /\ \E unsent \in BOOLEAN :  \* the API may die between its commit and its send
        /\ queue = [j \in Jobs |-> IF unsent THEN {} ELSE {"current"}]
        /\ notes = queue
        /\ went = [j \in Jobs |-> ~unsent]
    /\ worker = [w \in Workers |-> Idle]
    /\ sweeper = [s \in Sweepers |-> Resting]
    /\ byHand = 0
    /\ holder = [j \in Jobs |-> Nobody]
    /\ starts = [j \in Jobs |-> 0]
    /\ elapsed = [j \in Jobs |-> FALSE]
    /\ deaths = [j \in Jobs |-> 0]
    /\ broken = ""
    /\ did = <<>>

(***************************************************************************)
(* The design compares leases with the row's for equality alone, and each  *)
(* new one is higher than all before. So 1 for the row's own and 0 for any *)
(* earlier one tell as much as the numbers, and the state space is finite  *)
(* and small. What meddles with leases is explored with numbers.           *)
(***************************************************************************)
Relatively(r) ==
    IF Relative /\ r.lease > 1
    THEN [r EXCEPT !.lease = 1, !.by = 0, !.results = IF @ = {} THEN {} ELSE {0}] ELSE r
WorkersAfter(j, r) ==
    IF Relative /\ r.lease > 1
    THEN [w \in Workers |-> IF worker[w].job = j THEN [worker[w] EXCEPT !.lease = 0] ELSE worker[w]] ELSE worker

(************************* a job's row moves on to another revision ********)
Earlier(messages) == IF messages = {} THEN {} ELSE {"earlier"}

\* The new row, and its message, which its author may die before it sends.
Moves(j, r, unsent) ==
    LET sent == r.status = "pending" /\ ~unsent IN
    /\ row' = [row EXCEPT ![j] = r]
    /\ queue' = [queue EXCEPT ![j] = Earlier(@) \cup (IF sent THEN {"current"} ELSE {})]
    /\ notes' = [notes EXCEPT ![j] = Earlier(@) \cup (IF sent THEN {"current"} ELSE {})]
    /\ went' = [went EXCEPT ![j] = sent]

\* An event of somebody other than the dead letters.
Lives(j) == deaths' = [deaths EXCEPT ![j] = 0]

TakenAway(j) == holder' = [holder EXCEPT ![j] = Nobody]

FreshBudget(j) ==
    /\ starts' = [starts EXCEPT ![j] = 0]
    /\ elapsed' = [elapsed EXCEPT ![j] = FALSE]

AwakeOn(j) == \E w \in Workers : worker[w].mode \in {"works", "hung"} /\ worker[w].job = j /\ holder[j] = w

(************************* workers *****************************************)
Takes(w, j) ==
    /\ \E r \in ClaimRows(row[j]) :
        /\ Moves(j, Relatively(r), FALSE)
        /\ worker' = [WorkersAfter(j, r) EXCEPT ![w] = [mode |-> "works", job |-> j, lease |-> Relatively(r).lease]]
    /\ holder' = [holder EXCEPT ![j] = w]
    /\ starts' = [starts EXCEPT ![j] = IF @ > scenario.attempts THEN @ ELSE @ + 1]  \* one too many is enough to know
    /\ elapsed' = [elapsed EXCEPT ![j] = @ /\ row[j].limit # "none"]
    /\ broken' =
        IF row[j].status \in Ended
        THEN Broke(TRUE, "a job that had ended was started again")
        ELSE IF holder[j] # Nobody
        THEN Broke(TRUE, "a job was given to a second worker while another holds it")
        ELSE IF starts[j] + 1 > row[j].max
        THEN Broke(TRUE, "a job started more often than its budget says")
        ELSE IF row[j].nudge = "held"
        THEN Broke(TRUE, "a job of a paused project was started")
        ELSE Broke(~row[j].due, "a job was started before its time")
    /\ Lives(j)
    /\ UNCHANGED <<sweeper, byHand>>

Claim(w, j) ==
    /\ Has("claim", "one at a time")
    /\ worker[w] = Idle /\ queue[j] # {} /\ ClaimOk(row[j])
    /\ Takes(w, j)
    /\ did' = Says(w, "claims", j)

\* Without its lock a claim looks, then writes what it has seen.
ClaimLooks(w, j) ==
    /\ ~Has("claim", "one at a time")
    /\ worker[w] = Idle /\ queue[j] # {} /\ ClaimOk(row[j])
    /\ worker' = [worker EXCEPT ![w] = [mode |-> "looked", job |-> j, lease |-> 0]]
    /\ did' = Says(w, "finds pending and due:", j)
    /\ UNCHANGED <<row, queue, notes, sweeper, byHand, truth>>
ClaimWrites(w) ==
    /\ worker[w].mode = "looked"
    /\ Takes(w, worker[w].job)
    /\ did' = Says(w, "claims", worker[w].job)

\* A write of the attempt that worker w believes to be in. One that does not fit tells it so.
Writes == {"heartbeat", "start_chunks", "checkpoint", "finish", "fail", "retry_later", "hand_over"}
Refused(w) ==
    LET refusing == {s \in Writes : ~Fits(row[worker[w].job], worker[w].lease, s)}
        statement == CHOOSE s \in refusing : TRUE IN
    /\ worker[w].mode = "works" /\ refusing # {}
    /\ worker' = [worker EXCEPT ![w] = Idle]
    /\ did' = Says(w, "is told that its lease is lost by " \o statement \o " on", worker[w].job)
    /\ UNCHANGED <<row, queue, notes, sweeper, byHand, truth>>

Zombie(w, j) ==
    Broke(holder[j] # w, "a write took effect of a worker that does not hold the job")

\* It writes after its deadline: so it held the job until then, and slept perhaps.
Outlasts(j) == row[j].limit \in {"past", "outlived"}

\* heartbeat, start_chunks, checkpoint
Renews(w, statement, Rows(_)) ==
    LET j == worker[w].job IN
    /\ worker[w].mode = "works"
    /\ Fits(row[j], worker[w].lease, statement)
    /\ \E r \in Rows(row[j]) :
        /\ r # row[j] \/ holder[j] # w
        /\ row' = [row EXCEPT ![j] = r]
    /\ broken' = Zombie(w, j)
    /\ elapsed' = [elapsed EXCEPT ![j] = @ \/ Outlasts(j)]
    /\ did' = Says(w, "writes " \o statement \o " of", j)
    /\ UNCHANGED <<queue, notes, worker, sweeper, byHand, holder, starts, went, deaths>>

\* A document's checkpoints are counted; that a plan changes is not explored (docs/promises.md).
OneMore(r) == {c \in CheckpointRows(r) : c.chunks = r.chunks + 1 /\ c.chunks <= Chunks}
AsTheyAre(r) == {c \in StartChunksRows(r) : c.chunks = r.chunks}

\* finish, fail, retry_later, hand_over: `lost`: the reply does not come, and the worker thinks that it goes on.
EndsAttempt(w, statement, rows, free) ==
    LET j == worker[w].job IN
    /\ worker[w].mode = "works"
    /\ Fits(row[j], worker[w].lease, statement)
    /\ \E r \in rows, unsent \in BOOLEAN, lost \in BOOLEAN :
        /\ unsent => r.status = "pending"
        /\ Moves(j, r, unsent)
        /\ worker' = IF lost THEN worker ELSE [worker EXCEPT ![w] = Idle]
        /\ starts' = [starts EXCEPT ![j] = IF free THEN @ - 1 ELSE @]
        /\ broken' =
            IF holder[j] # w THEN Zombie(w, j)
            ELSE Broke(r.status = "failed" /\ statement \in {"retry_later", "hand_over"} /\ starts[j] < row[j].max,
                       "a job was failed for a budget that is not spent")
        /\ did' = Says(w, "writes " \o statement \o
                        (IF lost THEN " (its reply is lost)" ELSE "") \o
                        (IF unsent THEN " (no message is sent)" ELSE "") \o " of", j)
    /\ TakenAway(j)
    /\ Lives(j)
    /\ elapsed' = [elapsed EXCEPT ![j] = free /\ (@ \/ Outlasts(j))]
    /\ UNCHANGED <<sweeper, byHand>>

Whole(r) == IF r.chunks = Chunks THEN FinishRows(r) ELSE {}

Heartbeat(w) == Renews(w, "heartbeat", HeartbeatRows)
StartChunks(w) == Renews(w, "start_chunks", AsTheyAre)
Checkpoint(w) == Renews(w, "checkpoint", OneMore)
Finish(w) == EndsAttempt(w, "finish", Whole(row[worker[w].job]), FALSE)
Fail(w) == EndsAttempt(w, "fail", FailRows(row[worker[w].job]), FALSE)
RetryLater(w) == EndsAttempt(w, "retry_later", RetryLaterRows(row[worker[w].job]), FALSE)
\* Free if this very hold brought a checkpoint; the lease tells, since no two holds have the same.
HandOver(w) ==
    LET r == row[worker[w].job] IN
    EndsAttempt(w, "hand_over", HandOverRows(r, worker[w].lease), Progressed(r, worker[w].lease))

Busy(w) == worker[w].mode = "works"

Works(w) ==
    /\ Busy(w)
    /\ \/ Checkpoint(w) \/ Finish(w) \/ Fail(w) \/ RetryLater(w) \/ HandOver(w)
       \/ Refused(w)

Keeps(w) == Busy(w) /\ (Heartbeat(w) \/ StartChunks(w))

Mode(w, mode, words) ==
    /\ worker' = [worker EXCEPT ![w] = IF mode = "idle" THEN Idle ELSE [@ EXCEPT !.mode = mode]]
    /\ did' = Says(w, words, worker[w].job)
    /\ UNCHANGED <<row, queue, notes, sweeper, byHand, starts, elapsed, went, deaths, broken>>

\* Its process is killed, its machine is gone, Lambda ends it.
Dies(w) ==
    /\ worker[w] # Idle
    /\ Mode(w, "idle", "dies on")
    /\ holder' = [j \in Jobs |-> IF holder[j] = w THEN Nobody ELSE holder[j]]
\* Stalled as a whole, its heartbeat too: SIGSTOP, a frozen sandbox, a network that is away.
\* (A zombie may do nothing for as long as it likes without it.)
Stalls(w) == Busy(w) /\ holder[worker[w].job] = w /\ Mode(w, "stalled", "stalls on") /\ UNCHANGED holder
Wakes(w) == worker[w].mode = "stalled" /\ Mode(w, "works", "wakes up and goes on with") /\ UNCHANGED holder
\* Its work hangs, its heartbeat lives. One of the workers does not.
Hangs(w) ==
    /\ Busy(w) /\ holder[worker[w].job] = w /\ \E other \in Workers \ {w} : worker[other].mode # "hung"
    /\ Mode(w, "hung", "hangs, its heartbeat alive, on") /\ UNCHANGED holder

(************************* messages ****************************************)
MessageGoes(j, which) ==
    /\ which \in queue[j]
    /\ queue' = [queue EXCEPT ![j] = @ \ {which}]
    /\ did' = Says("the queue", "loses the message (" \o which \o " revision) of", j)
    /\ UNCHANGED <<row, notes, worker, sweeper, byHand, truth>>

Notes(j, which) ==
    /\ which \in notes[j]
    /\ notes' = [notes EXCEPT ![j] = @ \ {which}]
    /\ row' = IF NoteOk(which = "current")
              THEN [row EXCEPT ![j] = CHOOSE r \in NoteRows(row[j]) : TRUE] ELSE row
    /\ broken' = Broke(row'[j].status = "pending" /\ row'[j].sent /\ ~went[j],
                       "a message counts as sent that was sent for an earlier state of the job")
    /\ did' = Says("a sender", "notes its message (" \o which \o " revision) of", j)
    /\ UNCHANGED <<queue, worker, sweeper, byHand, holder, starts, elapsed, went, deaths>>

NoteIsLost(j, which) ==
    /\ which \in notes[j]
    /\ notes' = [notes EXCEPT ![j] = @ \ {which}]
    /\ did' = Says("a sender", "dies before it notes its message (" \o which \o " revision) of", j)
    /\ UNCHANGED <<row, queue, worker, sweeper, byHand, truth>>

\* SQS gives up on a message: no worker could take it up. It may have been doubled.
MessageDies(j, which, doubled) ==
    LET current == which = "current"
        died == IF current THEN deaths[j] + 1 ELSE deaths[j] IN
    /\ which \in queue[j]
    /\ IF GiveUpOk(row[j], current)
       THEN \E r \in GiveUpRows(row[j]) :
            /\ row' = [row EXCEPT ![j] = r]
            /\ queue' = [queue EXCEPT ![j] = Earlier(IF doubled THEN @ ELSE @ \ {which})]
            /\ notes' = [notes EXCEPT ![j] = Earlier(@)]
            /\ deaths' = [deaths EXCEPT ![j] = IF r.status = "pending" THEN died ELSE 0]
            /\ broken' =
                IF row[j].status \in Ended THEN Broke(TRUE, "a job that had ended changed")
                ELSE IF holder[j] # Nobody
                THEN Broke(TRUE, "a job was taken from its worker because an old message died")
                ELSE Broke(r.status = "failed" /\ died < EnoughDeadLetters,
                           "a job was failed though the messages of too few revisions died")
       ELSE /\ queue' = [queue EXCEPT ![j] = IF doubled THEN @ ELSE @ \ {which}]
            /\ UNCHANGED <<row, notes, deaths, broken>>
    /\ did' = Says("the queue", "gives up on the message (" \o which \o " revision) of", j)
    /\ UNCHANGED <<worker, sweeper, byHand, holder, starts, elapsed, went>>

(************************* the sweep ***************************************)
SweepActs(statement, j) ==
    \E r \in SweepRows(row[j], statement), unsent \in BOOLEAN :
        /\ unsent => r.status = "pending"
        /\ Moves(j, r, unsent)
        /\ TakenAway(j)
        /\ Lives(j)
        /\ elapsed' = [elapsed EXCEPT ![j] = FALSE]
        /\ broken' =
            IF row[j].status \in Ended THEN Broke(TRUE, "a job that had ended changed")
            ELSE IF statement # "sweep_unclaimable" /\ row[j].status = "pending"
            THEN Broke(TRUE, "the sweep changed a job that nobody was running")
            ELSE IF statement = "sweep_overdue"
            THEN Broke(~elapsed[j], "a job was ended before its time limit")
            ELSE IF row[j].status = "running" /\ ~row[j].old
            THEN Broke(TRUE, "a job with a fresh heartbeat was taken for an orphan")
            ELSE Broke(r.status = "failed" /\ starts[j] < row[j].max,
                       "a job was failed for a budget that is not spent")

Runs(statement) == Has(statement, "runs at all")

\* Look and write at once, as the statement does it with its lock.
Sweep(statement, j) ==
    /\ ~scenario.apart /\ Runs(statement)
    /\ SweepOk(row[j], statement)
    /\ SweepActs(statement, j)
    /\ did' = Says("the sweep", "runs " \o statement \o " on", j)
    /\ UNCHANGED <<worker, sweeper, byHand, starts>>

\* Taken apart: others may act between the look and the write.
SweepLooks(s, statement, j) ==
    /\ scenario.apart /\ Runs(statement)
    /\ sweeper[s] = Resting /\ SweepOk(row[j], statement)
    /\ sweeper' = [sweeper EXCEPT ![s] = [statement |-> statement, job |-> j]]
    /\ did' = Says(s, "looks, and " \o statement \o " finds", j)
    /\ UNCHANGED <<row, queue, notes, worker, byHand, truth>>
SweepWrites(s) ==
    LET j == sweeper[s].job IN
    /\ sweeper[s] # Resting
    /\ sweeper' = [sweeper EXCEPT ![s] = Resting]
    /\ IF SweepOk(row[j], sweeper[s].statement) \/ ~Has(sweeper[s].statement, "looks again as it writes")
       THEN SweepActs(sweeper[s].statement, j)
       ELSE UNCHANGED <<row, queue, notes, truth>>
    /\ did' = Says(s, "writes " \o sweeper[s].statement \o " of", j)
    /\ UNCHANGED <<worker, byHand, starts>>
SweepDies(s) ==
    /\ sweeper[s] # Resting
    /\ sweeper' = [sweeper EXCEPT ![s] = Resting]
    /\ did' = Says(s, "dies before it writes", sweeper[s].job)
    /\ UNCHANGED <<row, queue, notes, worker, byHand, truth>>

Reserve(j, sent) ==
    /\ Runs("reserve_dispatches") /\ ReserveOk(row[j])
    /\ row' = [row EXCEPT ![j] = CHOOSE r \in ReserveRows(row[j]) : TRUE]
    /\ queue' = [queue EXCEPT ![j] = IF sent THEN @ \cup {"current"} ELSE @]
    /\ notes' = [notes EXCEPT ![j] = IF sent THEN @ \cup {"current"} ELSE @]
    /\ went' = [went EXCEPT ![j] = @ \/ sent]
    /\ did' = Says("the sweep", IF sent THEN "sends the message of" ELSE "fails to send the message of", j)
    /\ UNCHANGED <<worker, sweeper, byHand, holder, starts, elapsed, deaths, broken>>

(************************* people ******************************************)
Person == byHand < scenario.people /\ byHand' = byHand + 1

Retry(j) ==
    /\ Person /\ RetryOk(row[j])
    /\ \E r \in RetryRows(row[j]), unsent \in BOOLEAN :
        /\ Moves(j, r, unsent)
        /\ did' = Says("a person", IF unsent THEN "retries (no message is sent)" ELSE "retries", j)
    /\ broken' = Broke(row[j].status \in Ended \ {"failed"}, "a retry undid the end of a job that had not failed")
    /\ TakenAway(j) /\ FreshBudget(j) /\ Lives(j)
    /\ UNCHANGED <<worker, sweeper>>

Cancel(j) ==
    /\ Person /\ CancelOk(row[j])
    /\ \E r \in CancelRows(row[j]) : Moves(j, r, FALSE)
    /\ broken' = Broke(row[j].status \in Ended, "a cancel undid the end of a job")
    /\ TakenAway(j) /\ Lives(j)
    /\ did' = Says("a person", "cancels", j)
    /\ UNCHANGED <<worker, sweeper, starts, elapsed>>

EndReview(j) ==
    /\ Person /\ EndReviewOk(row[j])
    /\ \E r \in EndReviewRows(row[j]) :
        /\ Moves(j, r, FALSE)
        /\ did' = Says("a person", "reviews, and it becomes " \o r.status \o ":", j)
    /\ broken' = Broke(row[j].status # "requires_review", "a review ended a job that awaits none")
    /\ TakenAway(j) /\ Lives(j)
    /\ UNCHANGED <<worker, sweeper, starts, elapsed>>

SetPending(j) ==
    /\ Person
    /\ \E r \in SetPendingRows(row[j]) : Moves(j, r, TRUE)
    /\ TakenAway(j) /\ FreshBudget(j) /\ Lives(j)
    /\ broken' = Broke(row'[j].sent, "a message counts as sent that was sent for an earlier state of the job")
    /\ did' = Says("a person in psql", "sets to pending", j)
    /\ UNCHANGED <<worker, sweeper>>

SetRunning(j) ==
    /\ Person /\ row[j].status # "running"
    /\ \E r \in SetRunningRows(row[j]) : Moves(j, Relatively(r), FALSE) /\ worker' = WorkersAfter(j, r)
    /\ TakenAway(j) /\ Lives(j)
    /\ elapsed' = [elapsed EXCEPT ![j] = FALSE]
    /\ did' = Says("a person in psql", "sets to running", j)
    /\ UNCHANGED <<sweeper, starts, broken>>

LowerBudget(j) ==
    /\ Person /\ row[j].max > 1
    /\ row' = [row EXCEPT ![j] = CHOOSE r \in LowerBudgetRows(row[j]) : TRUE]
    /\ did' = Says("a person in psql", "lowers max_attempts to 1 of", j)
    /\ UNCHANGED <<queue, notes, worker, sweeper, truth>>

\* A claim or the sweep finds the project paused, and holds the job.
Hold(j) ==
    /\ scenario.pauses /\ Person /\ HoldOk(row[j])
    /\ \E r \in HoldRows(row[j]) : Moves(j, r, TRUE)
    /\ Lives(j)
    /\ did' = Says("a person", "pauses the project, and it is held:", j)
    /\ UNCHANGED <<worker, sweeper, holder, starts, elapsed, broken>>

\* By the call that resumes, or by the sweep.
Release(j) ==
    /\ Runs("sweep_resumed") /\ ReleaseOk(row[j])
    /\ \E r \in ReleaseRows(row[j]), unsent \in BOOLEAN : Moves(j, r, unsent)
    /\ Lives(j)
    /\ did' = Says("a person", "resumes the project, and it is released:", j)
    /\ UNCHANGED <<worker, sweeper, byHand, holder, starts, elapsed, broken>>

(************************* time ********************************************)
Passes(j, r, words) ==
    /\ row' = [row EXCEPT ![j] = r]
    /\ did' = Says("time", words, j)
    /\ UNCHANGED <<queue, notes, worker, sweeper, byHand, holder, starts, went, deaths, broken>>

BecomesDue(j) ==
    ~row[j].due /\ Passes(j, [row[j] EXCEPT !.due = TRUE], "passes: run_after has come of") /\ UNCHANGED elapsed
NudgeBecomesDue(j) ==
    /\ row[j].status = "pending" /\ row[j].nudge = "later"
    /\ Passes(j, [row[j] EXCEPT !.nudge = "now"], "passes: next_dispatch_at has come of") /\ UNCHANGED elapsed
\* A worker that is awake beats in time: that is what the threshold is chosen for.
HeartbeatAges(j) ==
    /\ row[j].status = "running" /\ ~row[j].old /\ ~AwakeOn(j)
    /\ Passes(j, [row[j] EXCEPT !.old = TRUE], "passes: the heartbeat is older than the threshold of")
    /\ UNCHANGED elapsed
LimitPasses(j) ==
    \/ /\ row[j].limit = "ahead"
       /\ Passes(j, [row[j] EXCEPT !.limit = "past"], "passes: the deadline has come of")
       /\ elapsed' = [elapsed EXCEPT ![j] = @ \/ ~row[j].old]
    \/ /\ row[j].limit = "kept" /\ ~Has("hand_over", "stops the clock")
       /\ Passes(j, [row[j] EXCEPT !.limit = "used up"], "passes: the limit runs out, though nobody has it, of")
       /\ UNCHANGED elapsed

(************************* all together ************************************)
\* What somebody or something sees to, sooner or later.
Timers(j) == BecomesDue(j) \/ NudgeBecomesDue(j) \/ HeartbeatAges(j) \/ LimitPasses(j)
Claims(j) == \E w \in Workers : Claim(w, j)
Recovers(w) == worker[w].mode = "stalled" /\ (Wakes(w) \/ Dies(w))

Progress ==
    \/ \E j \in Jobs : Timers(j) \/ Claims(j) \/ Reserve(j, TRUE) \/ Release(j) \/ \E s \in Sweeps : Sweep(s, j)
    \/ \E w \in Workers : Works(w) \/ Recovers(w)
    \/ \E s \in Sweepers, statement \in Sweeps, j \in Jobs : SweepLooks(s, statement, j)
    \/ \E s \in Sweepers : SweepWrites(s)

Mishaps ==
    \/ \E w \in Workers : Dies(w) \/ Stalls(w) \/ Hangs(w)
    \/ \E j \in Jobs, which \in {"current", "earlier"} :
        \/ MessageGoes(j, which) \/ NoteIsLost(j, which)
        \/ \E doubled \in BOOLEAN : MessageDies(j, which, doubled)
    \/ \E j \in Jobs : Reserve(j, FALSE)
    \/ \E s \in Sweepers : SweepDies(s)

People == \E j \in Jobs : Retry(j) \/ Cancel(j) \/ EndReview(j) \/ SetPending(j) \/ SetRunning(j) \/ LowerBudget(j) \/ Hold(j)

Next ==
    /\ UNCHANGED scenario
    /\ \/ Progress \/ Mishaps \/ People
       \/ \E w \in Workers : Keeps(w) \/ ClaimWrites(w) \/ \E j \in Jobs : ClaimLooks(w, j)
       \/ \E j \in Jobs, which \in {"current", "earlier"} : Notes(j, which)

Spec == Init /\ [][Next]_vars

(************************* fairness ****************************************)
\* Mishaps may come for ever. But time passes, what runs is scheduled, and not every message and send fails for ever.
Fairness ==
    /\ \A j \in Jobs :
        /\ WF_vars(BecomesDue(j) /\ UNCHANGED scenario) /\ WF_vars(NudgeBecomesDue(j) /\ UNCHANGED scenario)
        /\ WF_vars(HeartbeatAges(j) /\ UNCHANGED scenario) /\ WF_vars(LimitPasses(j) /\ UNCHANGED scenario)
        /\ \A s \in Sweeps : WF_vars(Sweep(s, j) /\ UNCHANGED scenario)
        /\ WF_vars(Release(j) /\ UNCHANGED scenario)
        /\ SF_vars(Claims(j) /\ UNCHANGED scenario)
        /\ SF_vars(Reserve(j, TRUE) /\ UNCHANGED scenario)
    /\ \A w \in Workers : WF_vars(Works(w) /\ UNCHANGED scenario) /\ WF_vars(Recovers(w) /\ UNCHANGED scenario)

FairSpec == Spec /\ Fairness

(************************* the promises ************************************)
Promise ==
    IF broken # "" THEN broken
    ELSE IF \E j \in Jobs : row[j].told # row[j].status
    THEN "the history does not tell the job's status"
    ELSE IF \E j \in Jobs : Cardinality(row[j].results) > 1
    THEN "two sets of objects are visible"
    ELSE IF \E j \in Jobs : row[j].status \in {"completed", "requires_review"} /\ row[j].results = {}
    THEN "a job ended well without a result"
    ELSE IF \E j \in Jobs : row[j].status = "running" /\ elapsed[j] /\ row[j].limit = "ahead"
    THEN "an attempt has more time than its limit"
    ELSE IF \E j \in Jobs : row[j].status = "pending" /\ row[j].attempt >= row[j].max /\ row[j].max = scenario.attempts
    THEN "a job waits though its budget is spent"
    ELSE IF (\E j \in Jobs : row[j].status \notin Ended) /\ ~ENABLED(UNCHANGED scenario /\ Progress)
    THEN "a job is stuck: nothing is left that would ever move it"
    ELSE ""

Kept == Promise = ""

\* One counterexample a scenario, the shortest (with -continue, and one worker of TLC's): then it is left alone.
KeptOrTold ==
    \/ Kept
    \/ TLCGet(scenario.number)
    \/ TLCSet(scenario.number, TRUE) /\ PrintT("broken in scenario " \o ToString(scenario.number) \o ": " \o Promise) /\ FALSE
NotYetTold == ~TLCGet(scenario.number)
ASSUME \A each \in Scenarios : TLCSet(each.number, FALSE)

LeaseNeverGoesBack == [][\A j \in Jobs : row'[j].lease >= row[j].lease]_row
EndedStaysEnded ==
    [][\A j \in Jobs : row[j].status \in Ended /\ row'[j].status # row[j].status => byHand' = byHand + 1]_row
EveryJobEnds == \A j \in Jobs : <>[](row[j].status \in Ended)

Alike == Permutations(Workers) \cup Permutations(Sweepers) \cup Permutations(Jobs)
=============================================================================

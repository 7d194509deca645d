//! Replicas: named threads that each run whole groups forward and backward in their own workspace. Knows no loss and no trainer.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender};

use super::loss::{Group, GroupLoss, LossFn, Stats, add_stats};
use super::{TrainError, optim};
use crate::infer::rollout::{Rollouts, Share};
use crate::model::{Dropout, Model, Scores, Sequence, Workspace, backward_group, forward_group, score_group};

/// Persistent threads and their workspaces. Which replica takes which group is fixed by the group's place, and gradients are summed in
/// the replicas' order, so the same number of replicas gives the same bits.
pub struct ReplicaPool {
    replicas: Vec<Replica>,
    results: Receiver<Outcome>,
    /// Threads inside one replica's products.
    threads: usize,
}

struct Replica {
    /// None once the pool is being dropped: the thread ends when its channel closes.
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
    /// Away while the replica works.
    workspace: Option<Box<Workspace>>,
}

/// What came out of one group.
#[derive(Clone, Debug)]
pub struct GroupResult {
    pub group: Group,
    pub loss: f64,
    pub weight: f64,
    /// Log-probability of every target of every sequence.
    pub logprob: Vec<Vec<f32>>,
    /// Outputs of every sequence, for heads that have them.
    pub outputs: Vec<Vec<f32>>,
    /// Sums, as the loss gave them.
    pub stats: Stats,
}

impl GroupResult {
    pub(super) fn new(group: Group, loss: GroupLoss, scores: Vec<Scores>) -> Self {
        let (logprob, outputs) = scores.into_iter().map(|s| (s.logprob, s.outputs)).unzip();
        Self { group, loss: loss.loss, weight: loss.weight, logprob, outputs, stats: loss.stats }
    }
}

/// Statistics of a step or a validation: the groups' sums, divided by their weight.
pub fn mean_stats(results: &[GroupResult]) -> Stats {
    let mut sums = Stats::new();
    for result in results {
        add_stats(&mut sums, &result.stats);
    }
    let weight: f64 = results.iter().map(|result| result.weight).sum();
    sums.into_iter().filter(|_| weight > 0.0).map(|(name, sum)| (name, sum / weight)).collect()
}

struct Job {
    model: Arc<Model>,
    workspace: Box<Workspace>,
    work: Work,
}

/// Pieces with their places.
enum Work {
    Train { groups: Vec<(usize, Group)>, loss: LossFn, dropout: f32 },
    Score { sequences: Vec<(usize, Sequence)> },
    Rollout { share: Box<Share>, steps: usize },
}

enum Done {
    Trained(Vec<(usize, GroupResult)>),
    Scored(Vec<(usize, Scores)>),
    Rolled(Box<Share>),
}

struct Outcome {
    replica: usize,
    /// The workspace and what was done, or why the replica panicked.
    result: Result<(Box<Workspace>, Done), String>,
}

impl ReplicaPool {
    /// Starts `n` replicas for a model; `threads` share each one's matrix products.
    pub fn new(n: usize, threads: usize, model: &Model) -> Result<Self, TrainError> {
        let (done, results) = crossbeam_channel::unbounded();
        let mut replicas = Vec::with_capacity(n.max(1));
        for index in 0..n.max(1) {
            let (jobs, inbox) = crossbeam_channel::unbounded();
            let done = done.clone();
            let thread = std::thread::Builder::new()
                .name(format!("replica-{index}"))
                .spawn(move || serve(index, &inbox, &done))
                .map_err(|source| TrainError::Thread { source })?;
            let workspace = Some(Box::new(new_workspace(model, threads)));
            replicas.push(Replica { jobs: Some(jobs), thread: Some(thread), workspace });
        }
        Ok(Self { replicas, results, threads })
    }

    pub fn len(&self) -> usize {
        self.replicas.len()
    }

    pub fn is_empty(&self) -> bool {
        self.replicas.is_empty()
    }

    /// Forward, loss and backward of every group; gradients pile up in the replicas until `take_gradient`. Results in the groups' order.
    pub fn accumulate(
        &mut self,
        model: &Arc<Model>,
        groups: Vec<Group>,
        loss: &LossFn,
        dropout: f32,
    ) -> Result<Vec<GroupResult>, TrainError> {
        let shares = deal(groups, self.len());
        let works = shares.into_iter().map(|groups| Work::Train { groups, loss: loss.clone(), dropout }).collect();
        let mut results = Vec::new();
        for done in self.run(model, works)? {
            if let Done::Trained(part) = done {
                results.extend(part);
            }
        }
        Ok(in_order(results))
    }

    /// Log-probabilities of every target, without dropout or gradient, in the sequences' order. Each replica takes its share in one pass.
    pub fn score(&mut self, model: &Arc<Model>, sequences: Vec<Sequence>) -> Result<Vec<Scores>, TrainError> {
        let works = deal(sequences, self.len()).into_iter().map(|sequences| Work::Score { sequences }).collect();
        let mut results = Vec::new();
        for done in self.run(model, works)? {
            if let Done::Scored(part) = done {
                results.extend(part);
            }
        }
        Ok(in_order(results))
    }

    /// Up to `steps` more tokens for every answer that has not ended, each share on its own replica. After an error they are lost.
    pub fn rollout(&mut self, model: &Arc<Model>, rollouts: &mut Rollouts, steps: usize) -> Result<(), TrainError> {
        let mut waiting = std::mem::take(&mut rollouts.shares).into_iter().peekable();
        while waiting.peek().is_some() {
            let works = waiting.by_ref().take(self.len()).map(|share| Work::Rollout { share: Box::new(share), steps }).collect();
            for done in self.run(model, works)? {
                if let Done::Rolled(share) = done {
                    rollouts.shares.push(*share);
                }
            }
        }
        Ok(())
    }

    /// Sums the replicas' gradients in their order, in the stretches that train. Returns the sum of squares and the sum itself, which the caller leaves zero.
    pub fn take_gradient(&mut self, live: &[Range<usize>]) -> (f64, &mut [f32]) {
        let threads = self.len();
        let mut grads: Vec<&mut [f32]> =
            self.replicas.iter_mut().filter_map(|r| r.workspace.as_mut()).map(|ws| ws.grad.as_mut_slice()).collect();
        let squares = optim::sum_live(&mut grads, live, threads);
        (squares, grads.into_iter().next().unwrap_or_default())
    }

    fn run(&mut self, model: &Arc<Model>, works: Vec<Work>) -> Result<Vec<Done>, TrainError> {
        let mut sent = 0;
        for (replica, work) in self.replicas.iter_mut().zip(works) {
            let workspace = replica.workspace.take().unwrap_or_else(|| Box::new(new_workspace(model, self.threads)));
            let job = Job { model: Arc::clone(model), workspace, work };
            let Some(Ok(())) = replica.jobs.as_ref().map(|jobs| jobs.send(job)) else {
                return Err(TrainError::Replica { message: "it has ended".to_owned() });
            };
            sent += 1;
        }
        let mut outcomes: Vec<(usize, Done)> = Vec::with_capacity(sent);
        let mut failure = None;
        for _ in 0..sent {
            let Ok(outcome) = self.results.recv() else { break };
            match outcome.result {
                Ok((workspace, done)) => {
                    self.replicas[outcome.replica].workspace = Some(workspace);
                    outcomes.push((outcome.replica, done));
                }
                Err(message) => failure = Some(message),
            }
        }
        match failure {
            Some(message) => {
                // A half-summed gradient must not reach the weights.
                self.replicas.iter_mut().filter_map(|r| r.workspace.as_mut()).for_each(|ws| ws.grad.fill(0.0));
                Err(TrainError::Replica { message })
            }
            None => Ok(in_order(outcomes)),
        }
    }
}

impl Drop for ReplicaPool {
    fn drop(&mut self) {
        for replica in &mut self.replicas {
            replica.jobs = None;
        }
        for replica in &mut self.replicas {
            if let Some(thread) = replica.thread.take() {
                // Panics were caught inside; there is nothing left to learn from the join.
                drop(thread.join());
            }
        }
    }
}

fn new_workspace(model: &Model, threads: usize) -> Workspace {
    let mut workspace = Workspace::new(model);
    workspace.threads = threads;
    workspace
}

/// A replica's life: work until the channel closes.
fn serve(replica: usize, jobs: &Receiver<Job>, done: &Sender<Outcome>) {
    for job in jobs {
        let Job { model, mut workspace, work } = job;
        let result = catch_unwind(AssertUnwindSafe(|| carry_out(&model, &mut workspace, work)));
        // The model must be free before the outcome arrives: the update that follows wants it alone.
        drop(model);
        let result = match result {
            Ok(done) => Ok((workspace, done)),
            Err(panic) => Err(panic_message(panic.as_ref())),
        };
        if done.send(Outcome { replica, result }).is_err() {
            return;
        }
    }
}

fn carry_out(model: &Model, workspace: &mut Workspace, work: Work) -> Done {
    match work {
        Work::Train { groups, loss, dropout } => Done::Trained(
            groups.into_iter().map(|(place, group)| (place, train(model, workspace, group, &loss, dropout))).collect(),
        ),
        Work::Rollout { mut share, steps } => {
            share.advance(model, steps, workspace);
            Done::Rolled(share)
        }
        Work::Score { sequences } => {
            let all: Vec<&Sequence> = sequences.iter().map(|(_, sequence)| sequence).collect();
            let scores = split(&score_group(model, &all, workspace), &all);
            Done::Scored(sequences.iter().map(|(place, _)| *place).zip(scores).collect())
        }
    }
}

/// One group forward in one pass, its loss, and backward into the workspace's gradient.
fn train(model: &Model, workspace: &mut Workspace, group: Group, loss: &LossFn, p: f32) -> GroupResult {
    let dropout = (p > 0.0).then_some(Dropout { p, key: group.key });
    let sequences: Vec<&Sequence> = group.sequences.iter().collect();
    let scores = split(&forward_group(model, &sequences, dropout, workspace), &sequences);
    let out = loss(&group, &scores);
    backward_group(model, &out.d_logprob.concat(), &out.d_entropy.concat(), &out.d_outputs.concat(), workspace);
    GroupResult::new(group, out, scores)
}

/// Scores of a whole pass, sequence by sequence.
fn split(scores: &Scores, sequences: &[&Sequence]) -> Vec<Scores> {
    let mut first = 0;
    let cut = |all: &[f32], first: usize, n: usize| all.get(first..first + n).unwrap_or_default().to_vec();
    let width = scores.outputs.len() / sequences.iter().map(|s| s.targets.len()).sum::<usize>().max(1);
    sequences
        .iter()
        .map(|sequence| {
            let n = sequence.targets.len();
            let own = first;
            first += n;
            Scores {
                logprob: cut(&scores.logprob, own, n),
                entropy: cut(&scores.entropy, own, n),
                outputs: cut(&scores.outputs, own * width, n * width),
            }
        })
        .collect()
}

/// Item i goes to replica i mod n, with its place.
fn deal<T>(items: Vec<T>, n: usize) -> Vec<Vec<(usize, T)>> {
    let mut shares: Vec<Vec<(usize, T)>> = (0..n).map(|_| Vec::new()).collect();
    for (place, item) in items.into_iter().enumerate() {
        shares[place % n].push((place, item));
    }
    shares
}

fn in_order<T>(mut placed: Vec<(usize, T)>) -> Vec<T> {
    placed.sort_by_key(|(place, _)| *place);
    placed.into_iter().map(|(_, item)| item).collect()
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|s| (*s).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".to_owned())
}

/// Runs independent jobs at once, the last one on this thread, and returns the results in the jobs' order. For the flat passes over
/// weights and gradients, which borrow: their threads last as long as the pass.
pub fn scatter<J: Send, R: Send>(mut jobs: Vec<J>, work: &(impl Fn(J) -> R + Sync)) -> Vec<R> {
    let Some(own) = jobs.pop() else { return Vec::new() };
    std::thread::scope(|scope| {
        let spawn = |job| std::thread::Builder::new().name("flat-pass".to_owned()).spawn_scoped(scope, move || work(job));
        let threads: Vec<_> = jobs.into_iter().map(spawn).collect();
        let last = work(own);
        let mut results = Vec::with_capacity(threads.len() + 1);
        for thread in threads {
            match thread.map(std::thread::ScopedJoinHandle::join) {
                Ok(Ok(result)) => results.push(result),
                Ok(Err(panic)) => std::panic::resume_unwind(panic),
                Err(error) => panic!("the system gives no further thread: {error}"),
            }
        }
        results.push(last);
        results
    })
}

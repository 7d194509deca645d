//! What this machine has: cores, memory, memory in use. Where the system does not say, `None`.

/// Threads that run at once.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Memory that can still be used, in bytes: the smaller of what the machine and its container leave.
pub fn available_memory() -> Option<u64> {
    let machine = kib_field("/proc/meminfo", "MemAvailable:");
    let limit = number("/sys/fs/cgroup/memory.max");
    let used = number("/sys/fs/cgroup/memory.current");
    let container = limit.zip(used).map(|(limit, used)| limit.saturating_sub(used));
    machine.into_iter().chain(container).min()
}

/// The most memory that this program has held so far, in bytes.
pub fn peak_memory() -> Option<u64> {
    kib_field("/proc/self/status", "VmHWM:")
}

/// Memory that this program holds, in bytes.
pub fn memory_in_use() -> Option<u64> {
    kib_field("/proc/self/status", "VmRSS:")
}

fn kib_field(path: &str, name: &str) -> Option<u64> {
    let text = std::fs::read_to_string(path).ok()?;
    let line = text.lines().find_map(|l| l.strip_prefix(name))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kib| kib * 1024)
}

fn number(path: &str) -> Option<u64> {
    std::fs::read_to_string(path).ok()?.trim().parse().ok()
}

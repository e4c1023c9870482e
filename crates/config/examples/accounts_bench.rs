//! How long a configuration with many accounts takes to check, what each of them costs, and how long one change of it
//! takes.
//!
//! ```sh
//! cargo run --release -p causeway-config --example accounts_bench -- 100000
//! ```

use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use causeway_config::Environment;
use causeway_config::difference::Difference;
use causeway_config::edit::{Change, Label, apply};
use causeway_config::sources::Sources;
use causeway_core::Clock;

fn main() -> Result<(), Box<dyn Error>> {
    let accounts: u64 = std::env::args().nth(1).map_or(Ok(100_000), |n| n.parse())?;
    let text = text(accounts)?;
    let clock = Clock::system();
    let environment = Environment::of_process();

    let sources = timed(&clock, "read and parse", || {
        Sources::of_text(text.as_bytes(), Path::new("/nonexistent"), &environment)
    })?;
    let before = resident()?;
    let loaded = timed(&clock, "load", || sources.load())?;
    let kept = resident()?.saturating_sub(before);
    let live = loaded.config.accounts.values().filter(|a| a.live().is_some()).count();

    let section = Label::new("accounts", Some(&id(accounts / 2)));
    let change = Change::Set { section, option: "description".to_owned(), value: "changed".to_owned() };
    let edited = timed(&clock, "edit one option", || {
        apply(sources.document()?, &[change]).map_err(Box::<dyn Error>::from)
    })?;
    let after =
        timed(&clock, "parse again", || Ok::<_, Box<dyn Error>>(sources.with(edited.as_bytes(), None)))?;
    let difference = timed(&clock, "compare", || Difference::between(&sources, &after))?;
    timed(&clock, "load again", || after.load_after(&loaded))?;

    println!("{accounts} accounts ({live} live, {} problems) in {} bytes", loaded.problems.len(), text.len());
    println!("{} bytes of memory per account", kept / accounts.max(1));
    print!("{difference}");
    Ok(())
}

fn timed<T, E>(clock: &Clock, what: &str, work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    let began = clock.monotonic();
    let result = work();
    println!("{what}: {:.3} s", clock.monotonic().since(began).as_secs_f64());
    result
}

fn id(n: u64) -> String {
    format!("{n:08x}-0b7d-4cdd-9f5e-6d1c1f0f9a11")
}

/// A file of accounts as partners have them: a hash, rules of their own.
fn text(accounts: u64) -> Result<String, std::fmt::Error> {
    let mut text =
        String::from("[server]\nuuid = u\n[groups/DEFAULT_GROUP]\nhome_folder_path = /srv/${USER}\n");
    for n in 0..accounts {
        write!(
            text,
            "\n[accounts/{id}]\nname = partner-{n}\ntype = application\ndescription = Partner number {n}\n\
             group = DEFAULT_GROUP\ncreate_home_folder = Inherit\n\
             password = $6$saltsalt{n}$aFZiw1ugIjjbnT2vGNcKYYZxFZ6uPGEqMd6WCSwdKCjv4FUykz0MNwVSTAMbu0ALjMAYxRv9sEZoSRl4nFD1x0\n\
             permissions =\n    allow-list, allow-read\n    /inbox/*, allow-full-control\n",
            id = id(n),
        )?;
    }
    Ok(text)
}

/// Bytes of memory that the process has now.
fn resident() -> Result<u64, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).unwrap_or_default();
    Ok(line.trim().trim_end_matches("kB").trim().parse::<u64>()?.saturating_mul(1024))
}

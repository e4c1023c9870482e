//! How long a configuration with many accounts takes to load, and what each of them costs.
//!
//! ```sh
//! cargo run --release -p causeway-config --example accounts_bench -- 100000
//! ```

use std::fmt::Write;
use std::fs;
use std::path::Path;

use causeway_config::sources::Sources;
use causeway_config::{Environment, Loaded};
use causeway_core::Clock;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let accounts: u64 = std::env::args().nth(1).map_or(Ok(100_000), |n| n.parse())?;
    let text = text(accounts)?;
    let clock = Clock::system();
    let environment = Environment::of_process();

    let sources = Sources::of_text(text.as_bytes(), Path::new("/nonexistent"), &environment)?;
    let size = text.len();
    drop(text);
    let (began, before) = (clock.monotonic(), resident()?);
    let Loaded { config, problems } = sources.load()?;
    let took = clock.monotonic().since(began);
    let kept = resident()?.saturating_sub(before);

    let live = config.accounts.values().filter(|a| a.live().is_some()).count();
    println!("{accounts} accounts ({live} live, {} problems) in {size} bytes", problems.len());
    println!("loaded in {:.2} s", took.as_secs_f64());
    println!("resident: {} bytes per account", kept / accounts.max(1));
    Ok(())
}

/// A file of accounts as partners have them: a hash, a key, rules of their own.
fn text(accounts: u64) -> Result<String, std::fmt::Error> {
    let mut text =
        String::from("[server]\nuuid = u\n[groups/DEFAULT_GROUP]\nhome_folder_path = /srv/${USER}\n");
    for n in 0..accounts {
        write!(
            text,
            "\n[accounts/{n:08x}-0b7d-4cdd-9f5e-6d1c1f0f9a11]\nname = partner-{n}\ntype = application\n\
             description = Partner number {n}\ngroup = DEFAULT_GROUP\ncreate_home_folder = Inherit\n\
             password = $6$saltsalt{n}$aFZiw1ugIjjbnT2vGNcKYYZxFZ6uPGEqMd6WCSwdKCjv4FUykz0MNwVSTAMbu0ALjMAYxRv9sEZoSRl4nFD1x0\n\
             permissions =\n    allow-list, allow-read\n    /inbox/*, allow-full-control\n"
        )?;
    }
    Ok(text)
}

/// Bytes of memory that the process has now.
fn resident() -> Result<u64, Box<dyn std::error::Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).unwrap_or_default();
    Ok(line.trim().trim_end_matches("kB").trim().parse::<u64>()?.saturating_mul(1024))
}

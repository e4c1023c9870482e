use std::os::unix::fs::symlink;
use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use crate::permit::Last;
use crate::{Kind, SetAttributes};

#[test]
fn v06_links_lead_inward_and_nowhere_else() {
    let site = Site::open();
    std::fs::write(site.outside("secret"), "secret").unwrap();
    std::fs::create_dir(site.real("d")).unwrap();
    site.put("d/f", "inside");
    let absolute_inward = site.real("d/f");
    let absolute_outward = site.outside("secret");
    symlink("d/f", site.real("relative-in")).unwrap();
    symlink(absolute_inward, site.real("absolute-in")).unwrap();
    symlink("../secret", site.real("relative-out")).unwrap();
    symlink(absolute_outward, site.real("absolute-out")).unwrap();
    symlink("..", site.real("d/up")).unwrap();
    symlink("../..", site.real("d/upup")).unwrap();
    symlink("/", site.real("top")).unwrap();
    symlink("/proc/self/root", site.real("magic")).unwrap();
    symlink("self", site.real("self")).unwrap();
    let mut s = site.session();
    for at in ["/relative-in", "/absolute-in", "/d/up/d/f"] {
        assert_eq!(s.download(at).unwrap(), "inside", "{at}");
    }
    assert_eq!(s.events(), [0; 0]);
    let escapes = [
        "/relative-out",
        "/absolute-out",
        "/d/upup/secret",
        "/top/etc/passwd",
        "/magic/etc/passwd",
        "/top/missing",
    ];
    for at in escapes {
        assert_eq!(s.download(at), Err(FsError::Refused), "{at}");
        assert_eq!(s.last("decided_by"), "link leads out", "{at}");
        assert_eq!(s.size(at), Err(FsError::Refused), "{at}");
        assert_eq!(s.upload(at, "x"), Err(FsError::Refused), "{at}");
        assert!(s.fs.lstat(&mut s.batch, &path(at)).is_ok() == (at.matches('/').count() == 1), "{at}");
    }
    for at in ["/d/upup", "/top"] {
        assert_eq!(s.names(at), Err(FsError::Refused), "{at}");
    }
    let at = path("/d/upup/evil");
    assert_eq!(s.fs.mkdir(&mut s.batch, &at, None), Err(FsError::Refused));
    assert_eq!(s.fs.remove(&mut s.batch, &path("/d/upup/secret")), Err(FsError::Refused));
    assert_eq!(s.fs.rename(&mut s.batch, &path("/d/f"), &at, true), Err(FsError::Refused));
    assert_eq!(s.download("/self"), Err(FsError::Loop));
    assert_eq!(std::fs::read_to_string(site.outside("secret")).unwrap(), "secret");
}

#[test]
fn b25_links_made_outside_are_followed_below_link_roots_alone() {
    let mut site = Site::open();
    std::fs::create_dir(site.outside("shared")).unwrap();
    std::fs::write(site.outside("shared/f"), "shared").unwrap();
    std::fs::write(site.outside("shared-not"), "no").unwrap();
    symlink(site.outside("shared"), site.real("s")).unwrap();
    symlink(site.outside("shared-not"), site.real("n")).unwrap();
    symlink("/dev/null", site.real("null")).unwrap();
    assert_eq!(site.session().download("/s/f"), Err(FsError::Refused));
    site.terms.link_roots = vec![site.outside("shared"), site.outside("missing")];
    let mut s = site.session();
    assert_eq!(s.download("/s/f").unwrap(), "shared");
    assert_eq!(s.names("/s").unwrap(), ["f"]);
    s.upload("/s/g", "new").unwrap();
    assert_eq!(std::fs::read_to_string(site.outside("shared/g")).unwrap(), "new");
    assert_eq!(s.size("/s/missing"), Err(FsError::NotFound));
    assert_eq!(s.download("/n"), Err(FsError::Refused));
    assert_eq!(s.upload("/null", ""), Err(FsError::Refused));
    site.terms.link_roots = vec!["/dev".into()];
    let mut s = site.session();
    for _ in 0..2 {
        s.upload("/null", "into the void").unwrap();
    }
    assert_eq!(s.download("/null").unwrap(), "");
    assert_eq!(s.events(), [0; 0]);
    assert_eq!(s.fs.read_link(&mut s.batch, &path("/null")), Err(FsError::NotFound));
    assert_eq!(site.temporaries(""), [""; 0]);
}

#[test]
fn the_place_behind_a_link_root_is_judged_by_the_name_that_leads_there() {
    let mut site = Site::new("allow-full-control\n/s/*, allow-read");
    std::fs::create_dir(site.outside("shared")).unwrap();
    std::fs::write(site.outside("shared/f"), "shared").unwrap();
    symlink(site.outside("shared"), site.real("s")).unwrap();
    site.terms.link_roots = vec![site.outside("shared")];
    let mut s = site.session();
    assert_eq!(s.download("/s/f").unwrap(), "shared");
    assert_eq!(s.upload("/s/f", "x"), Err(FsError::Refused));
    assert_eq!(s.fs.remove(&mut s.batch, &path("/s/f")), Err(FsError::Refused));
}

#[test]
fn links_into_another_mount_are_judged_there() {
    let mut site = Site::new("allow-full-control\n/team/*, allow-read");
    std::fs::create_dir(site.outside("team")).unwrap();
    std::fs::write(site.outside("team/f"), "team").unwrap();
    symlink(site.outside("team/f"), site.real("l")).unwrap();
    site.mount("/team", site.outside("team"));
    let mut s = site.session();
    assert_eq!(s.download("/l").unwrap(), "team");
    assert_eq!(s.upload("/l", "x"), Err(FsError::Refused));
    assert_eq!(s.last("path"), "/team/f");
    assert_eq!(s.fs.read_link(&mut s.batch, &path("/l")).unwrap(), b"/team/f");
}

#[test]
fn b25_links_made_by_clients_are_virtual_permitted_and_stored_relative() {
    let mut site = Site::open();
    std::fs::create_dir_all(site.real("a/b")).unwrap();
    site.put("a/f", "f");
    std::fs::create_dir(site.outside("team")).unwrap();
    site.mount("/team", site.outside("team"));
    let mut s = site.session();
    // What the client writes, where, what is stored, what it reads again.
    for (target, link, text, again) in [
        ("/a/f", "/l", ".//./a/f", "/a/f"),
        ("../f", "/a/b/l", "../f", "../f"),
        ("/a/f", "/a/b/m", ".//./../f", "/a/f"),
        ("../../../../a/f", "/a/k", "f", "f"),
        ("/", "/a/b/root", ".//./../..", "/"),
    ] {
        s.fs.symlink(&mut s.batch, target.as_bytes(), &path(link)).unwrap();
        assert_eq!(std::fs::read_link(site.real(&link[1..])).unwrap().to_str(), Some(text), "{link}");
        assert_eq!(s.fs.read_link(&mut s.batch, &path(link)).unwrap(), again.as_bytes());
        if target != "/" {
            assert_eq!(s.download(link).unwrap(), "f", "{link}");
        }
    }
    for (target, why) in [
        ("/etc/passwd", FsError::NotFound),
        ("../../../etc/passwd", FsError::NotFound),
        ("/team", FsError::CrossMount),
    ] {
        assert_eq!(s.fs.symlink(&mut s.batch, target.as_bytes(), &path("/x")), Err(why), "{target}");
    }
    assert_eq!(s.fs.symlink(&mut s.batch, b"/a/f", &path("/l")), Err(FsError::Exists));
}

#[test]
fn links_made_outside_are_read_as_they_stand() {
    let site = Site::open();
    std::fs::create_dir(site.real("d")).unwrap();
    let mut s = site.session();
    for (name, text) in
        [("a", "./d/t"), ("b", "././d"), ("c", ".//d"), ("d/e", "./../a"), ("f", "."), ("g", "./")]
    {
        symlink(text, site.real(name)).unwrap();
        let read = s.fs.read_link(&mut s.batch, &path(&format!("/{name}"))).unwrap();
        assert_eq!(String::from_utf8(read).unwrap(), text);
    }
}

#[test]
fn removing_and_renaming_a_link_leaves_what_it_leads_to() {
    let site = Site::open();
    std::fs::create_dir(site.real("d")).unwrap();
    site.put("d/f", "f");
    symlink("d/f", site.real("l")).unwrap();
    symlink("d", site.real("k")).unwrap();
    let mut s = site.session();
    let Session { fs, batch } = &mut s;
    fs.rename(batch, &path("/l"), &path("/m"), false).unwrap();
    assert_eq!(fs.lstat(batch, &path("/m")).unwrap().kind, Kind::Link);
    assert_eq!(fs.hard_link(batch, &path("/m"), &path("/h")), Err(FsError::Unsupported));
    assert_eq!(fs.rmdir(batch, &path("/k")), Err(FsError::NotFolder));
    fs.remove(batch, &path("/m")).unwrap();
    fs.remove(batch, &path("/k")).unwrap();
    assert_eq!(s.names("/").unwrap(), ["d"]);
    assert_eq!(site.on_disk("d/f").unwrap(), "f");
}

#[test]
fn the_times_of_a_link_itself_can_be_set_and_its_mode_cannot() {
    let site = Site::open();
    site.put("f", "f");
    symlink("f", site.real("l")).unwrap();
    let mut s = site.session();
    let Session { fs, batch } = &mut s;
    let times =
        SetAttributes { modified: Some(crate::Stamp { seconds: 9, nanos: 8 }), ..SetAttributes::default() };
    fs.set_attributes(batch, &path("/l"), &times, Last::Keep).unwrap();
    assert_eq!(fs.lstat(batch, &path("/l")).unwrap().modified, crate::Stamp { seconds: 9, nanos: 8 });
    assert_ne!(fs.stat(batch, &path("/l")).unwrap().modified.seconds, 9);
    let mode = SetAttributes { mode: Some(0o600), ..SetAttributes::default() };
    assert_eq!(fs.set_attributes(batch, &path("/l"), &mode, Last::Keep), Err(FsError::Unsupported));
    fs.set_attributes(batch, &path("/l"), &mode, Last::Follow).unwrap();
    assert_eq!(mode_of(site.real("f")), 0o600);
}

#[test]
fn hard_links_share_a_file_and_are_then_written_in_place() {
    let site = Site::open();
    site.put("a", "old");
    let mut s = site.session();
    s.fs.hard_link(&mut s.batch, &path("/a"), &path("/b")).unwrap();
    assert_eq!(s.fs.hard_link(&mut s.batch, &path("/a"), &path("/b")), Err(FsError::Exists));
    assert_eq!(s.fs.stat(&mut s.batch, &path("/b")).unwrap().links, 2);
    s.upload("/a", "new").unwrap();
    assert_eq!(s.last("reason"), "hard-links");
    assert_eq!(s.download("/b").unwrap(), "new");
}

#[test]
fn v07_a_users_name_cannot_climb_out_of_its_placeholder() {
    for user in ["../bob", "..", "*", "ann/../../bob"] {
        let mut site = Site::open();
        site.terms.rules =
            RuleSource::parse("/q/${USER}/*, allow-full-control").unwrap().for_user(user).unwrap();
        std::fs::create_dir_all(site.real("q/bob")).unwrap();
        site.put("q/bob/f", "bob's");
        site.put("f", "f");
        let mut s = site.session();
        for at in ["/q/bob/f", "/f", "/q/../f"] {
            assert_eq!(s.download(at), Err(FsError::Refused), "{user}: {at}");
        }
    }
}

/// Somebody swaps a folder for a link that leads out, and moves folders about, as fast as possible.
#[test]
fn v08_a_racing_renamer_never_leads_out() {
    let site = Site::open();
    std::fs::create_dir_all(site.outside("out/d")).unwrap();
    std::fs::write(site.outside("out/d/f"), "outside").unwrap();
    std::fs::set_permissions(site.outside("out/d/f"), std::fs::Permissions::from_mode(0o644)).unwrap();
    std::fs::create_dir_all(site.real("a/d")).unwrap();
    site.put("a/d/f", "inside");
    symlink(site.outside("out"), site.real("link")).unwrap();
    let stop = AtomicBool::new(false);
    let (a, link, spare) = (site.real("a"), site.real("link"), site.outside("spare"));
    let deadline = Clock::system();
    let mut inside = 0;
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // Bounded by time as well, should an assertion below fail.
            while !stop.load(Ordering::Relaxed) && deadline.monotonic().0 < Duration::from_secs(4) {
                // `a` becomes the link, leaves the home altogether, and comes back.
                std::fs::rename(&a, &spare).unwrap();
                std::fs::rename(&link, &a).unwrap();
                std::fs::rename(&a, &link).unwrap();
                std::fs::rename(&spare, &a).unwrap();
            }
        });
        let mut s = site.session();
        while deadline.monotonic().0 < Duration::from_secs(2) {
            match s.download("/a/d/f") {
                Ok(content) => {
                    assert_eq!(content, "inside");
                    inside += 1;
                }
                Err(e) => assert!(matches!(e, FsError::Refused | FsError::NotFound | FsError::Busy), "{e}"),
            }
            if let Ok(names) = s.names("/a") {
                assert_eq!(names, ["d"]);
            }
            let _ = s.upload("/a/d/up", "mine");
            let _ = s.fs.mkdir(&mut s.batch, &path("/a/d/folder"), None);
            let _ = s.fs.rename(&mut s.batch, &path("/a/d/up"), &path("/a/d/up2"), true);
            let _ = s.fs.remove(&mut s.batch, &path("/a/d/up2"));
            let set = SetAttributes { mode: Some(0o600), ..SetAttributes::default() };
            let _ = s.fs.set_attributes(&mut s.batch, &path("/a/d/f"), &set, Last::Follow);
            s.batch.clear();
        }
        stop.store(true, Ordering::Relaxed);
    });
    assert!(inside > 0);
    let outside: Vec<_> =
        std::fs::read_dir(site.outside("out/d")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(outside, ["f"]);
    assert_eq!(std::fs::read_to_string(site.outside("out/d/f")).unwrap(), "outside");
    assert_ne!(mode_of(site.outside("out/d/f")), 0o600);
}

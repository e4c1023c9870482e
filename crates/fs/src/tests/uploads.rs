use std::os::unix::fs::MetadataExt;

use super::*;
use crate::SetAttributes;
use crate::permit::Last;

#[test]
fn an_upload_gets_its_name_when_it_is_closed_and_others_see_nothing_before() {
    let site = Site::open();
    std::fs::create_dir(site.real("d")).unwrap();
    let (mut s, mut other) = (site.session(), site.session());
    for at in ["/f", "/d/f"] {
        let file = s.open(at, How::upload());
        assert!(file.is_upload());
        write(&file, 0, "half").unwrap();
        assert_eq!(site.on_disk(&at[1..]), None);
        assert_eq!(other.size(at), Err(FsError::NotFound));
        assert_eq!(
            other.names(if at == "/f" { "/" } else { "/d" }).unwrap(),
            if at == "/f" { &["d"][..] } else { &[] }
        );
        write(&file, 4, " and half").unwrap();
        assert_eq!(file.close(&mut s.batch).unwrap().written, 13);
        assert_eq!(other.download(at).unwrap(), "half and half");
    }
    assert_eq!(site.temporaries(""), [""; 0]);
    assert_eq!(s.events(), [0; 0]);
}

#[test]
fn an_upload_of_no_bytes_works() {
    let site = Site::open();
    site.session().upload("/empty", "").unwrap();
    assert_eq!(site.on_disk("empty").unwrap(), "");
}

#[test]
fn within_the_session_the_final_name_is_the_upload() {
    let site = Site::open();
    site.put("f", "old content");
    let mut s = site.session();
    let file = s.open("/f", How::upload());
    write(&file, 0, "new").unwrap();
    assert_eq!(s.size("/f").unwrap(), 3);
    assert_eq!(s.fs.lstat(&mut s.batch, &path("/f")).unwrap().size, 3);
    assert_eq!(s.download("/f").unwrap(), "new");
    assert_eq!(site.session().download("/f").unwrap(), "old content");
    let set = SetAttributes { mode: Some(0o600), size: Some(2), ..SetAttributes::default() };
    s.fs.set_attributes(&mut s.batch, &path("/f"), &set, Last::Follow).unwrap();
    assert_eq!(s.try_open("/f", exclusive()).unwrap_err(), FsError::Exists);
    assert_eq!(s.fs.mkdir(&mut s.batch, &path("/f"), None), Err(FsError::Exists));
    assert_eq!(mode_of(site.real("f")), 0o644);
    file.close(&mut s.batch).unwrap();
    assert_eq!(site.on_disk("f").unwrap(), "ne");
    assert_eq!(mode_of(site.real("f")), 0o600);
}

#[test]
fn a_second_handle_writes_the_same_upload_and_the_last_close_commits() {
    let site = Site::open();
    let mut s = site.session();
    let one = s.open("/f", How::upload());
    let two = s.open("/f", resume());
    write(&one, 0, "left ").unwrap();
    write(&two, 5, "right").unwrap();
    one.close(&mut s.batch).unwrap();
    assert_eq!(site.on_disk("f"), None);
    two.close(&mut s.batch).unwrap();
    assert_eq!(site.on_disk("f").unwrap(), "left right");
}

#[test]
fn an_upload_renamed_in_its_session_arrives_under_the_new_name() {
    for (old, replace) in [(false, false), (true, true)] {
        let site = Site::open();
        std::fs::create_dir(site.real("d")).unwrap();
        site.put("taken", "taken");
        if old {
            site.put("f", "old");
        }
        let mut s = site.session();
        let file = s.open("/f", How::upload());
        write(&file, 0, "content").unwrap();
        let (from, to) = (path("/f"), path("/d/g"));
        let taken = path("/taken");
        assert_eq!(s.fs.rename(&mut s.batch, &from, &taken, false), Err(FsError::Exists));
        s.fs.rename(&mut s.batch, &from, &to, replace).unwrap();
        assert_eq!(s.size("/f"), Err(FsError::NotFound));
        assert_eq!(s.size("/d/g").unwrap(), 7);
        assert_eq!(site.on_disk("d/g").is_some(), old);
        file.close(&mut s.batch).unwrap();
        assert_eq!(site.on_disk("d/g").unwrap(), "content");
        assert_eq!(s.names("/").unwrap(), ["d", "taken"]);
    }
}

#[test]
fn a_file_that_its_session_moves_while_it_is_open_is_told_and_judged_where_it_is() {
    for atomic in [true, false] {
        let mut site = Site::open();
        site.terms.atomic_uploads = atomic;
        std::fs::create_dir_all(site.real("a/b")).unwrap();
        let mut s = site.session();
        let file = s.open("/a/b/f", How::upload());
        for (from, to, now) in
            [("/a/b/f", "/a/b/g", "/a/b/g"), ("/a/b", "/a/c", "/a/c/g"), ("/a", "/z", "/z/c/g")]
        {
            s.fs.rename(&mut s.batch, &path(from), &path(to), false).unwrap();
            assert_eq!(file.stored_path().to_string(), now);
        }
        let (old, new) = ("/a/*, allow-read", "/z/*, allow-read");
        for (denied, verdict) in [(old, Ok(())), (new, Err(FsError::Refused))] {
            let terms = Terms {
                rules: RuleSource::parse(&format!("allow-full-control\n{denied}"))
                    .unwrap()
                    .for_user("ann")
                    .unwrap(),
                ..site.terms.clone()
            };
            let fs = s.fs.renew(Grant::for_test(terms), &mut s.batch).unwrap();
            assert_eq!(fs.review(&mut s.batch, &file), verdict, "{denied}");
        }
        assert_eq!(s.last("path"), "/z/c/g");
    }
}

#[test]
fn an_upload_removed_or_replaced_in_its_session_never_arrives() {
    let site = Site::open();
    site.put("f", "old");
    site.put("g", "g");
    let mut s = site.session();
    let file = s.open("/f", How::upload());
    write(&file, 0, "content").unwrap();
    s.fs.remove(&mut s.batch, &path("/f")).unwrap();
    assert_eq!(s.size("/f"), Err(FsError::NotFound));
    file.close(&mut s.batch).unwrap();
    assert_eq!(site.on_disk("f"), None);

    let file = s.open("/h", How::upload());
    write(&file, 0, "content").unwrap();
    assert_eq!(s.fs.rename(&mut s.batch, &path("/g"), &path("/h"), false), Err(FsError::Exists));
    s.fs.rename(&mut s.batch, &path("/g"), &path("/h"), true).unwrap();
    file.close(&mut s.batch).unwrap();
    assert_eq!(site.on_disk("h").unwrap(), "g");
    assert_eq!(site.temporaries(""), [""; 0]);
}

#[test]
fn an_upload_follows_the_folder_that_its_session_renames() {
    let site = Site::open();
    std::fs::create_dir(site.real("d")).unwrap();
    let mut s = site.session();
    let file = s.open("/d/f", How::upload());
    write(&file, 0, "content").unwrap();
    s.fs.rename(&mut s.batch, &path("/d"), &path("/e"), false).unwrap();
    assert_eq!(s.size("/e/f").unwrap(), 7);
    assert_eq!(s.size("/d/f"), Err(FsError::NotFound));
    file.close(&mut s.batch).unwrap();
    assert_eq!(site.on_disk("e/f").unwrap(), "content");
    assert_eq!(s.size("/e/f").unwrap(), 7);
    s.fs.remove(&mut s.batch, &path("/e/f")).unwrap();
    assert_eq!(s.size("/e/f"), Err(FsError::NotFound));
}

#[test]
fn of_two_sessions_that_upload_one_name_the_last_close_wins() {
    let site = Site::open();
    let (mut a, mut b) = (site.session(), site.session());
    let (one, two) = (a.open("/f", How::upload()), b.open("/f", How::upload()));
    write(&one, 0, "one, longer").unwrap();
    write(&two, 0, "two").unwrap();
    two.close(&mut b.batch).unwrap();
    assert_eq!(site.on_disk("f").unwrap(), "two");
    one.close(&mut a.batch).unwrap();
    assert_eq!(site.on_disk("f").unwrap(), "one, longer");
    assert_eq!(site.temporaries(""), [""; 0]);
}

#[test]
fn an_exclusive_upload_fails_if_the_name_exists_at_the_open_or_at_the_close() {
    let site = Site::open();
    let (mut a, mut b) = (site.session(), site.session());
    let (one, two) = (a.open("/f", exclusive()), b.open("/f", How::upload()));
    write(&one, 0, "one").unwrap();
    two.close(&mut b.batch).unwrap();
    assert_eq!(one.close(&mut a.batch), Err(FsError::Exists));
    assert_eq!(a.try_open("/f", exclusive()).unwrap_err(), FsError::Exists);
    assert_eq!(site.on_disk("f").unwrap(), "");
    assert_eq!(site.temporaries(""), [""; 0]);
}

#[test]
fn a_name_that_one_session_makes_exclusively_exists_for_the_others_that_would() {
    let mut site = Site::open();
    std::fs::create_dir(site.real("d")).unwrap();
    std::os::unix::fs::symlink("d", site.real("l")).unwrap();
    site.mount("/m", site.real("d"));
    let (mut a, mut b) = (site.session(), site.session());
    let exists = |b: &mut Session| {
        for at in ["/d/f", "/l/f", "/m/f"] {
            assert_eq!(b.try_open(at, exclusive()).unwrap_err(), FsError::Exists, "{at}");
        }
    };
    // It ends by a close, a break, a removal, or goes on under another name.
    let file = a.open("/d/f", exclusive());
    exists(&mut b);
    assert!(b.open("/d/g", exclusive()).is_upload());
    assert!(b.open("/f", exclusive()).is_upload());
    file.close(&mut a.batch).unwrap();
    exists(&mut b);
    a.fs.remove(&mut a.batch, &path("/d/f")).unwrap();
    let file = a.open("/d/f", exclusive());
    write(&file, 0, "half").unwrap();
    file.abandon(&mut a.batch);
    let file = b.open("/d/f", exclusive());
    b.fs.remove(&mut b.batch, &path("/d/f")).unwrap();
    let other = a.open("/d/f", exclusive());
    drop(file);
    a.fs.rename(&mut a.batch, &path("/d/f"), &path("/d/h"), false).unwrap();
    assert!(b.open("/d/f", exclusive()).is_upload());
    drop(other);
}

#[test]
fn a_name_that_is_made_exclusively_is_so_after_its_folder_was_renamed() {
    let site = Site::open();
    std::fs::create_dir(site.real("d")).unwrap();
    let (mut a, mut b) = (site.session(), site.session());
    let file = a.open("/d/f", exclusive());
    b.fs.rename(&mut b.batch, &path("/d"), &path("/e"), false).unwrap();
    assert_eq!(b.try_open("/e/f", exclusive()).unwrap_err(), FsError::Exists);
    file.close(&mut a.batch).unwrap();
    assert_eq!(site.on_disk("e/f").unwrap(), "");
}

#[test]
fn mode_and_owner_of_what_an_upload_replaces_are_kept() {
    let site = Site::open();
    site.put("f", "old");
    std::fs::set_permissions(site.real("f"), std::fs::Permissions::from_mode(0o640)).unwrap();
    let root = rustix::process::geteuid().is_root();
    if root {
        std::os::unix::fs::chown(site.real("f"), Some(1234), Some(2345)).unwrap();
    }
    let before = std::fs::metadata(site.real("f")).unwrap();
    let mut s = site.session();
    s.upload("/f", "new").unwrap();
    assert_eq!(s.events(), [0; 0]);
    let after = std::fs::metadata(site.real("f")).unwrap();
    assert_ne!(before.ino(), after.ino());
    assert_eq!((before.mode(), before.uid(), before.gid()), (after.mode(), after.uid(), after.gid()));
}

#[test]
fn the_access_list_of_what_an_upload_replaces_is_kept() {
    const NAME: &str = "system.posix_acl_access";
    // Version 2; entries of tag, permissions, id: owner rw, user 1234 r, group r, mask r, others none.
    let mut list = 2_u32.to_le_bytes().to_vec();
    for (tag, bits, id) in
        [(1_u16, 6_u16, u32::MAX), (2, 4, 1234), (4, 4, u32::MAX), (16, 4, u32::MAX), (32, 0, u32::MAX)]
    {
        list.extend_from_slice(&tag.to_le_bytes());
        list.extend_from_slice(&bits.to_le_bytes());
        list.extend_from_slice(&id.to_le_bytes());
    }
    let site = Site::open();
    site.put("f", "old");
    let f = site.real("f");
    rustix::fs::setxattr(&f, NAME, &list, rustix::fs::XattrFlags::empty())
        .expect("a file system with access lists");
    let mut s = site.session();
    s.upload("/f", "new").unwrap();
    assert_eq!(s.events(), [0; 0]);
    let mut kept = [0_u8; 128];
    let n = rustix::fs::getxattr(&f, NAME, &mut kept).unwrap();
    assert_eq!(kept[..n], list);
    // The folder would give its new files a list that this file never had.
    let home = site.real("");
    rustix::fs::setxattr(&home, "system.posix_acl_default", &list, rustix::fs::XattrFlags::empty()).unwrap();
    site.put("g", "old");
    rustix::fs::removexattr(site.real("g"), NAME).unwrap();
    s.upload("/g", "new").unwrap();
    assert!(rustix::fs::getxattr(site.real("g"), NAME, &mut kept).is_err());
}

#[test]
fn what_cannot_be_an_upload_is_written_in_place_and_says_why() {
    let site = Site::open();
    let mut s = site.session();
    for (how, reason) in [(append(), "append"), (resume(), "offset"), (both(), "read-write")] {
        site.put("f", "old");
        let file = s.open("/f", how);
        assert!(!file.is_upload());
        assert_eq!(s.batch.events()[0].id.0, 70020);
        assert_eq!(s.last("reason"), reason);
        write(&file, 1, "NEW").unwrap();
        let now = if reason == "append" { "oldNEW" } else { "oNEW" };
        assert_eq!(site.on_disk("f").unwrap(), now, "{reason}");
        file.close(&mut s.batch).unwrap();
        s.events();
    }
}

#[test]
fn appending_to_what_does_not_exist_is_an_upload() {
    let site = Site::open();
    let mut s = site.session();
    let file = s.open("/f", append());
    write(&file, 0, "a").unwrap();
    write(&file, 0, "b").unwrap();
    assert!(file.is_upload());
    file.close(&mut s.batch).unwrap();
    assert_eq!(site.on_disk("f").unwrap(), "ab");
}

#[test]
fn the_owner_of_anothers_file_forbids_replacing_it() {
    if rustix::process::geteuid().is_root() {
        // The superuser may give files away: then the owner is kept, which another test shows.
        return;
    }
    let site = Site::open();
    site.put("f", "old");
    let home = site.real("");
    std::fs::set_permissions(&home, std::fs::Permissions::from_mode(0o555)).unwrap();
    let mut s = site.session();
    s.upload("/f", "new").unwrap();
    assert_eq!(s.last("reason"), "folder");
    assert_eq!(site.on_disk("f").unwrap(), "new");
    assert_eq!(s.upload("/g", "new"), Err(FsError::Denied));
    std::fs::set_permissions(&home, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_file_beyond_its_size_fails_and_never_arrives() {
    for atomic in [true, false] {
        let mut site = Site::open();
        site.terms.file_write_size = Some(5);
        site.terms.atomic_uploads = atomic;
        let mut s = site.session();
        let file = s.open("/f", How::upload());
        write(&file, 0, "12345").unwrap();
        assert_eq!(write(&file, 5, "6"), Err(FsError::TooLarge));
        assert_eq!(write(&file, 0, "1"), Err(FsError::TooLarge));
        assert_eq!(file.close(&mut s.batch), Err(FsError::TooLarge));
        assert_eq!(site.on_disk("f").is_none(), atomic);
        assert_eq!(site.temporaries(""), [""; 0]);
        let file = s.open("/g", append());
        write(&file, 0, "123").unwrap();
        assert_eq!(write(&file, 0, "456"), Err(FsError::TooLarge));
        let again = s.open("/g", append());
        assert_eq!(write(&again, 0, "456"), Err(FsError::TooLarge));
        drop((file, again));
        let sparse = s.open("/h", How::upload());
        assert_eq!(write(&sparse, u64::MAX, "x"), Err(FsError::TooLarge));
        let set = SetAttributes { size: Some(6), ..SetAttributes::default() };
        assert_eq!(sparse.set_attributes(&mut s.batch, &set), Err(FsError::TooLarge));
        s.upload("/k", "12345").unwrap();
        let k = path("/k");
        assert_eq!(s.fs.set_attributes(&mut s.batch, &k, &set, Last::Follow), Err(FsError::TooLarge));
    }
}

#[test]
fn an_upload_can_be_brought_to_the_disk_before_it_is_acknowledged() {
    for atomic in [true, false] {
        let mut site = Site::open();
        site.terms.upload_sync = UploadSync::Close;
        site.terms.atomic_uploads = atomic;
        let mut s = site.session();
        s.upload("/f", "content").unwrap();
        s.upload("/f", "again").unwrap();
        assert_eq!(site.on_disk("f").unwrap(), "again");
    }
}

#[test]
fn a_handle_does_only_what_it_was_opened_for() {
    let site = Site::open();
    site.put("f", "f");
    let mut s = site.session();
    let reader = s.open("/f", How::read());
    assert_eq!(write(&reader, 0, "x"), Err(FsError::Invalid));
    let writer = s.open("/g", How::upload());
    assert_eq!(read(&writer), Err(FsError::Invalid));
    assert_eq!(s.try_open("/f", How { create: true, ..How::read() }).unwrap_err(), FsError::Invalid);
    assert_eq!(s.try_open("/f", How::default()).unwrap_err(), FsError::Invalid);
}

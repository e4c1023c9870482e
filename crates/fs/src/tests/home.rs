use super::*;
use crate::permit::Last;
use crate::{Kind, SetAttributes, Strategy};

#[test]
fn b22_a_missing_home_fails_the_login_or_is_made_once_with_its_structure() {
    let mut site = Site::open();
    site.terms.mounts[0].real = site.outside("a/b");
    assert!(matches!(site.try_session(), Err((EnterError::NoHome, _))));
    site.terms.mounts[0].create = true;
    site.terms.home_structure = vec![path("/in"), path("/out/done")];
    let mut s = site.session();
    assert_eq!(s.events(), [20042]);
    assert_eq!(s.names("/").unwrap(), ["in", "out"]);
    assert_eq!(s.names("/out").unwrap(), ["done"]);
    assert_eq!(mode_of(site.outside("a/b")), 0o755);
    assert_eq!(site.session().events(), [0; 0]);
}

#[test]
fn b23_a_real_object_where_a_virtual_folder_has_to_be_fails_the_login() {
    for (real, folder) in [("upload", true), ("upload", false), ("upload/team", true)] {
        let mut site = Site::open();
        std::fs::create_dir(site.outside("team")).unwrap();
        site.mount("/upload/team", site.outside("team"));
        assert!(site.try_session().is_ok());
        if folder {
            std::fs::create_dir_all(site.real(real)).unwrap();
        } else {
            site.put(real, "");
        }
        let Err((error, batch)) = site.try_session() else { panic!("{real}") };
        assert_eq!(error, EnterError::Conflict);
        assert_eq!(batch.events()[0].id.0, 1005);
    }
}

#[test]
fn b24_mount_points_and_virtual_parents_stay_and_their_contents_do_not() {
    let mut site = Site::open();
    std::fs::create_dir(site.outside("team")).unwrap();
    std::fs::write(site.outside("team/x"), "x").unwrap();
    site.mount("/upload/team", site.outside("team"));
    let mut s = site.session();
    assert_eq!(s.names("/").unwrap(), ["upload"]);
    assert_eq!(s.names("/upload").unwrap(), ["team"]);
    assert_eq!(s.names("/upload/team").unwrap(), ["x"]);
    let set = SetAttributes { mode: Some(0o700), ..SetAttributes::default() };
    for at in ["/", "/upload", "/upload/team"] {
        let Session { fs, batch } = &mut s;
        let at = path(at);
        assert_eq!(fs.stat(batch, &at).unwrap().kind, Kind::Folder);
        assert_eq!(fs.rmdir(batch, &at), Err(FsError::Protected));
        assert_eq!(fs.remove(batch, &at), Err(FsError::Protected));
        assert_eq!(fs.rename(batch, &at, &path("/z"), true), Err(FsError::Protected));
        assert_eq!(fs.rename(batch, &path("/z"), &at, true), Err(FsError::Protected));
        assert_eq!(fs.set_attributes(batch, &at, &set, Last::Follow), Err(FsError::Protected));
        assert_eq!(s.events(), [1007; 5]);
    }
    let Session { fs, batch } = &mut s;
    assert_eq!(fs.mkdir(batch, &path("/upload"), None), Err(FsError::Exists));
    assert_eq!(fs.mkdir(batch, &path("/upload/other"), None), Err(FsError::Protected));
    assert_eq!(fs.stat(batch, &path("/upload/other")), Err(FsError::NotFound));
    assert_eq!(s.upload("/upload/file", ""), Err(FsError::Protected));
    s.fs.remove(&mut s.batch, &path("/upload/team/x")).unwrap();
    s.upload("/upload/team/y", "y").unwrap();
    assert_eq!(s.names("/upload/team").unwrap(), ["y"]);
    let (from, to) = (path("/upload/team/y"), path("/y"));
    assert_eq!(s.fs.rename(&mut s.batch, &from, &to, false), Err(FsError::CrossMount));
}

#[test]
fn the_homes_structure_leaves_virtual_folders_alone() {
    let mut site = Site::open();
    std::fs::create_dir(site.outside("team")).unwrap();
    site.mount("/upload/team", site.outside("team"));
    site.terms.home_structure = vec![path("/upload/team/in"), path("/upload/other")];
    let mut s = site.session();
    assert_eq!(s.names("/upload/team").unwrap(), ["in"]);
    assert_eq!(s.names("/upload").unwrap(), ["team"]);
    assert!(s.fs.space(&mut s.batch, &path("/upload")).is_ok());
}

#[test]
fn a_file_whose_mount_is_gone_is_refused() {
    let mut site = Site::open();
    std::fs::create_dir(site.outside("team")).unwrap();
    std::fs::write(site.outside("team/f"), "f").unwrap();
    let without = site.terms.clone();
    site.mount("/team", site.outside("team"));
    let mut s = site.session();
    let file = s.open("/team/f", How::read());
    s.fs.review(&mut s.batch, &file).unwrap();
    let fs = s.fs.renew(Grant::for_test(without), &mut s.batch).unwrap();
    assert_eq!(fs.review(&mut s.batch, &file), Err(FsError::Refused));
    assert_eq!(s.last("decided_by"), "mount gone");
    assert_eq!(read(&file), Err(FsError::Refused));
}

#[test]
fn b26_the_root_cannot_be_changed_even_through_a_link() {
    let site = Site::open();
    std::os::unix::fs::symlink(".", site.real("me")).unwrap();
    let mut s = site.session();
    let set = SetAttributes { mode: Some(0o777), ..SetAttributes::default() };
    let at = path("/me");
    assert_eq!(s.fs.set_attributes(&mut s.batch, &at, &set, Last::Follow), Err(FsError::Protected));
    assert_eq!(s.events(), [1007]);
}

#[test]
fn a_listing_goes_on_behind_odd_members_and_keeps_their_bytes() {
    use std::os::unix::ffi::OsStrExt;
    let site = Site::open();
    for name in [&b"caf\xe9"[..], b"new\nline", b"-rf", &[b'n'; 255]] {
        std::fs::write(site.real("").join(std::ffi::OsStr::from_bytes(name)), "").unwrap();
    }
    std::os::unix::fs::symlink("nowhere", site.real("dangling")).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        site.real("pipe"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::from_raw_mode(0o600),
        0,
    )
    .unwrap();
    let mut s = site.session();
    let long = "n".repeat(255);
    assert_eq!(s.names("/").unwrap(), ["-rf", r"caf\xe9", "dangling", r"new\x0aline", long.as_str(), "pipe"]);
    let odd = VPath::absolute(b"/caf\xe9").unwrap();
    assert_eq!(s.fs.stat(&mut s.batch, &odd).unwrap().size, 0);
}

#[test]
fn opening_a_pipe_or_a_socket_does_not_wait() {
    let mut site = Site::open();
    let pipe = site.real("pipe");
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(site.real("socket")).unwrap();
    for atomic in [true, false] {
        site.terms.atomic_uploads = atomic;
        let mut s = site.session();
        for at in ["/pipe", "/socket"] {
            assert_eq!(s.download(at), Err(FsError::Unsupported), "{at}");
            assert_eq!(s.upload(at, "x"), Err(FsError::Unsupported), "{at}");
        }
    }
}

#[test]
fn the_strategy_follows_the_file_system_and_the_option() {
    let mut site = Site::open();
    site.terms.blocking_filesystem = true;
    let mut s = site.session();
    assert_eq!(s.fs.strategy(&path("/x")), Strategy::Pool);
    assert_eq!(s.open("/x", How::upload()).strategy(), Strategy::Pool);
    site.terms.blocking_filesystem = false;
    site.mount("/proc", "/proc".into());
    let s = site.session();
    assert_eq!(s.fs.strategy(&path("/proc/self")), Strategy::Pool);
}

#[test]
fn new_files_and_folders_get_the_clients_bits_less_the_umask() {
    let mut site = Site::open();
    site.terms.umask = 0o002;
    for atomic in [true, false] {
        site.terms.atomic_uploads = atomic;
        let mut s = site.session();
        let name = format!("/f{atomic}");
        s.upload(&name, "x").unwrap();
        assert_eq!(mode_of(site.real(&name[1..])), 0o664);
        for (asked, got) in [(0o777, 0o775), (0o750, 0o750), (0o7711, 0o711), (0o600, 0o600)] {
            s.open("/g", How { mode: Some(asked), ..How::upload() }).close(&mut s.batch).unwrap();
            assert_eq!(mode_of(site.real("g")), got);
            s.fs.remove(&mut s.batch, &path("/g")).unwrap();
        }
        s.fs.mkdir(&mut s.batch, &path("/d"), None).unwrap();
        assert_eq!(mode_of(site.real("d")), 0o775);
        s.fs.rmdir(&mut s.batch, &path("/d")).unwrap();
    }
}

#[test]
fn space_is_told() {
    let site = Site::open();
    let mut s = site.session();
    let space = s.fs.space(&mut s.batch, &path("/")).unwrap();
    assert!(space.blocks >= space.available && space.block > 0 && !space.read_only);
}

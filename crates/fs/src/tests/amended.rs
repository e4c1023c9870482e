//! `amend_write_name`: what is written is stored as `UUID4-NAME`, and the session goes on to find it.

use super::*;
use crate::SetAttributes;
use crate::permit::Last;

/// With and without atomic uploads.
fn sites(rules: &str) -> [Site; 2] {
    [true, false].map(|atomic| {
        let mut site = Site::new(rules);
        site.terms.amend_write_name = true;
        site.terms.atomic_uploads = atomic;
        site
    })
}

impl Site {
    /// The names in the home that end in `-name`.
    fn stored(&self, name: &str) -> Vec<String> {
        let names = std::fs::read_dir(self.real("")).unwrap().map(|e| e.unwrap().file_name());
        let names = names.map(|n| n.into_string().unwrap());
        let mut names: Vec<_> = names.filter(|n| n.ends_with(&format!("-{name}"))).collect();
        names.sort();
        names
    }
}

#[test]
fn a_written_file_is_stored_under_a_name_of_its_own_each_time() {
    for site in sites("allow-full-control") {
        site.put("f", "of another");
        let mut s = site.session();
        for content in ["one", "two", "three"] {
            s.upload("/f", content).unwrap();
        }
        let names = site.stored("f");
        assert_eq!(names.len(), 3, "{names:?}");
        let mut contents: Vec<_> = names.iter().map(|n| site.on_disk(n).unwrap()).collect();
        contents.sort();
        assert_eq!(contents, ["one", "three", "two"]);
        assert_eq!(site.on_disk("f").unwrap(), "of another");
        for name in names {
            let (id, _) = name.split_at(36);
            let id = causeway_core::Uuid::parse_str(id).unwrap();
            assert_eq!(id.get_version_num(), 4, "{name}");
        }
        assert_eq!(s.events(), [0; 0]);
    }
}

#[test]
fn the_session_finds_what_it_wrote_under_the_name_that_it_gave_and_others_do_not() {
    for site in sites("allow-full-control") {
        let mut s = site.session();
        let file = s.open("/f", How::upload());
        write(&file, 0, "content").unwrap();
        assert_eq!(s.size("/f"), Ok(7), "while it is written");
        assert_eq!(s.download("/f").unwrap(), "content");
        file.close(&mut s.batch).unwrap();
        assert_eq!(s.size("/f"), Ok(7), "afterwards");
        assert_eq!(s.download("/f").unwrap(), "content");
        assert_eq!(site.session().size("/f"), Err(FsError::NotFound));
        let set = SetAttributes { mode: Some(0o600), size: Some(4), ..SetAttributes::default() };
        s.fs.set_attributes(&mut s.batch, &path("/f"), &set, Last::Follow).unwrap();
        let name = site.stored("f").remove(0);
        assert_eq!((site.on_disk(&name).unwrap().as_str(), mode_of(site.real(&name))), ("cont", 0o600));
        assert_eq!(s.try_open("/f", exclusive()).unwrap_err(), FsError::Exists);
        assert_eq!(s.fs.mkdir(&mut s.batch, &path("/f"), None), Err(FsError::Exists));
        assert_eq!(site.session().download(&format!("/{name}")).unwrap(), "cont");
        s.fs.remove(&mut s.batch, &path("/f")).unwrap();
        assert_eq!(site.stored("f"), [""; 0]);
        assert_eq!(s.size("/f"), Err(FsError::NotFound));
    }
}

#[test]
fn to_append_and_to_overwrite_make_new_files() {
    for site in sites("allow-full-control") {
        site.put("f", "old");
        let mut s = site.session();
        for how in [append(), resume(), both(), How { create: false, ..resume() }] {
            let file = s.open("/f", how);
            write(&file, 0, "new").unwrap();
            file.close(&mut s.batch).unwrap();
        }
        assert_eq!(site.stored("f").len(), 4);
        assert!(site.stored("f").iter().all(|n| site.on_disk(n).unwrap() == "new"));
        assert_eq!(site.on_disk("f").unwrap(), "old");
        let missing = s.try_open("/missing", How { create: false, ..resume() });
        assert_eq!(missing.unwrap_err(), FsError::NotFound);
        assert_eq!(site.session().try_open("/f", exclusive()).unwrap_err(), FsError::Exists);
    }
}

#[test]
fn a_generated_name_that_exists_fails_the_upload() {
    for site in sites("allow-full-control") {
        // The randomness of these sessions is the same, and so are their identifiers.
        site.session().upload("/f", "first").unwrap();
        assert_eq!(site.session().upload("/f", "second"), Err(FsError::Exists));
        let [name] = &site.stored("f")[..] else { panic!() };
        assert_eq!(site.on_disk(name).unwrap(), "first");
        assert_eq!(site.temporaries(""), [""; 0]);
    }
}

#[test]
fn the_requested_and_the_final_name_are_judged() {
    for site in sites("allow-full-control\n*-f, allow-read") {
        let mut s = site.session();
        assert_eq!(s.upload("/f", "x"), Err(FsError::Refused));
        assert_eq!((s.last("path").len(), s.last("decided_by").as_str()), (39, "rule 1"));
        s.upload("/g", "x").unwrap();
    }
    for site in sites("allow-full-control\n/f, allow-read") {
        let mut s = site.session();
        assert_eq!(s.upload("/f", "x"), Err(FsError::Refused));
        assert_eq!(s.last("path"), "/f");
    }
    // What may be written and not be read is not read under the other name either.
    for site in sites("allow-full-control\n*-f, allow-write") {
        let mut s = site.session();
        s.upload("/f", "x").unwrap();
        assert_eq!(s.try_open("/f", How::read()).unwrap_err(), FsError::Refused);
        assert_eq!(s.fs.remove(&mut s.batch, &path("/f")), Err(FsError::Refused));
    }
}

#[test]
fn a_stored_file_can_be_renamed_by_the_name_that_was_given() {
    for site in sites("allow-full-control") {
        let mut s = site.session();
        s.upload("/f.part", "content").unwrap();
        s.fs.rename(&mut s.batch, &path("/f.part"), &path("/f"), false).unwrap();
        assert_eq!(site.on_disk("f").unwrap(), "content");
        assert_eq!(site.stored("f.part"), [""; 0]);
        assert_eq!(s.size("/f.part"), Err(FsError::NotFound));
        s.upload("/f", "newer").unwrap();
        assert_eq!(s.download("/f").unwrap(), "newer", "what it wrote last");
        s.upload("/g", "other").unwrap();
        let onto = s.fs.rename(&mut s.batch, &path("/g"), &path("/f"), false);
        assert_eq!(onto, Err(FsError::Exists));
    }
}

#[test]
fn a_renamed_folder_takes_what_was_stored_in_it_along() {
    for site in sites("allow-full-control") {
        std::fs::create_dir(site.real("d")).unwrap();
        let mut s = site.session();
        s.upload("/d/f", "done").unwrap();
        let file = site.terms.atomic_uploads.then(|| s.open("/d/g", How::upload()));
        s.fs.rename(&mut s.batch, &path("/d"), &path("/e"), false).unwrap();
        assert_eq!(s.download("/e/f").unwrap(), "done");
        if let Some(file) = file {
            write(&file, 0, "later").unwrap();
            file.close(&mut s.batch).unwrap();
            assert_eq!(s.download("/e/g").unwrap(), "later");
        }
    }
}

#[test]
fn what_a_broken_upload_left_is_taken_up_again_and_stored_under_a_new_name() {
    let [site, _] = sites("allow-full-control");
    let mut s = site.session();
    let file = s.open("/f", How::upload());
    write(&file, 0, "first half").unwrap();
    file.abandon(&mut s.batch);
    assert_eq!(s.events(), [70021]);
    let mut s = site.session();
    assert_eq!(s.size("/f"), Ok(10));
    let file = s.open("/f", resume());
    write(&file, 10, ", second half").unwrap();
    file.close(&mut s.batch).unwrap();
    let [name] = &site.stored("f")[..] else { panic!() };
    assert_eq!(site.on_disk(name).unwrap(), "first half, second half");
    assert_eq!(s.events(), [70022]);
}

#[test]
fn the_stored_path_is_told() {
    for site in sites("allow-full-control") {
        let mut s = site.session();
        let file = s.open("/f", How::upload());
        assert_eq!(file.path(), &path("/f"));
        let stored = file.stored_path();
        file.close(&mut s.batch).unwrap();
        assert_eq!(stored.to_string(), format!("/{}", site.stored("f")[0]));
        assert_eq!(s.open("/f", How::read()).stored_path(), stored);
    }
}

#[test]
fn a_name_that_is_too_long_with_the_identifier_before_it_is_refused() {
    for site in sites("allow-full-control") {
        let mut s = site.session();
        let long = format!("/{}", "x".repeat(230));
        assert_eq!(s.upload(&long, "x"), Err(FsError::NameInvalid));
    }
}

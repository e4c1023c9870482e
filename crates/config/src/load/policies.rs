//! Security policies.

use std::sync::Arc;

use super::builder::{Builder, ensure};
use super::layers::Section;
use crate::definition::Options;
use crate::known;
use crate::options::SecurityPolicyOptions;
use crate::section::Reader;
use crate::{Components, DEFAULT_SECURITY_POLICY, SecurityPolicy};

impl<'a> Builder<'a> {
    /// The default one is there even if the file has it not.
    pub(super) fn security_policies(
        &mut self,
        sections: &[(Arc<str>, &'a Section<'a>)],
    ) -> Components<SecurityPolicy> {
        let mut policies = Components::new();
        for (id, section) in sections {
            let mut reader = self.reader(section);
            reader.check_names(&[SecurityPolicyOptions::definition()], known::SECURITY_POLICY);
            let options = reader.read::<SecurityPolicyOptions>();
            let policy = options.map(|options| SecurityPolicy::new(id.clone(), options));
            let policy = reader.finish(policy);
            policies.insert(id.clone(), policy);
        }
        ensure(&mut policies, DEFAULT_SECURITY_POLICY, |id| {
            Reader::defaults().map(|options| SecurityPolicy::new(id, options))
        });
        policies
    }
}

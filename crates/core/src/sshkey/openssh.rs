//! OpenSSH's own format for private keys (PROTOCOL.key in its source).
//!
//! The outer layer names a cipher, a key derivation and the public key; the inner one, which may be encrypted,
//! holds the key's numbers and its comment. The numbers are read here and not by the `ssh-key` crate, which
//! refuses an ECDSA key whose number is shorter than its curve: every second one on P-521. Its key derivation
//! and ciphers are used.

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeyPairComponents, PublicKeyComponents};
use aws_lc_rs::signature::{EcdsaKeyPair, Ed25519KeyPair};
use ssh_key::{Cipher, Kdf};
use zeroize::Zeroizing;

use super::error::PrivateKeyError;
use super::fields::{Fields, put_mpint, put_string};
use super::private::{PrivateKey, curve_of};
use super::public::{Algorithm, Material, short};
use super::remainder::remainder;
use super::{PublicKey, der};
use crate::{Random, Secret};

const MAGIC: &[u8] = b"openssh-key-v1\0";

/// What `ssh-keygen -a` may have asked for; each round takes some milliseconds. The default is 24.
const MAX_ROUNDS: u32 = if cfg!(fuzzing) { 16 } else { 1000 };

/// What the inner layer of an unencrypted key is padded to; an encrypted one's block has up to twice that.
const BLOCK: usize = 8;

/// Reads the content of an `OPENSSH PRIVATE KEY` block.
pub(super) fn read(file: &[u8], passphrase: Option<&Secret>) -> Result<PrivateKey, PrivateKeyError> {
    let outer = Outer::read(file).ok_or(PrivateKeyError::Damaged)?;
    if outer.cipher == b"none" {
        if outer.kdf != b"none" || !outer.kdf_options.is_empty() || !outer.tag.is_empty() {
            return Err(PrivateKeyError::Damaged);
        }
        return read_inner(outer.inner, outer.public).ok_or(PrivateKeyError::Damaged)?;
    }
    let plain = outer.decrypt(passphrase.ok_or(PrivateKeyError::Encrypted)?)?;
    // With a wrong passphrase the two check numbers differ; an AEAD cipher has noticed it before.
    if plain.get(..4) != plain.get(4..8) {
        return Err(PrivateKeyError::WrongPassphrase);
    }
    read_inner(&plain, outer.public).ok_or(PrivateKeyError::Damaged)?
}

struct Outer<'a> {
    cipher: &'a [u8],
    kdf: &'a [u8],
    kdf_options: &'a [u8],
    public: &'a [u8],
    inner: &'a [u8],
    tag: &'a [u8],
}

impl<'a> Outer<'a> {
    fn read(file: &'a [u8]) -> Option<Self> {
        let mut f = Fields(file.strip_prefix(MAGIC)?);
        let (cipher, kdf, kdf_options) = (f.string()?, f.string()?, f.string()?);
        // The format has room for several keys; no program writes more than one.
        (f.u32()? == 1).then_some(())?;
        let (public, inner) = (f.string()?, f.string()?);
        Some(Self { cipher, kdf, kdf_options, public, inner, tag: f.0 })
    }

    fn decrypt(&self, passphrase: &Secret) -> Result<Zeroizing<Vec<u8>>, PrivateKeyError> {
        let unsupported = PrivateKeyError::UnsupportedEncryption;
        let name = std::str::from_utf8(self.cipher).map_err(|_| unsupported.clone())?;
        let cipher = Cipher::new(name).map_err(|_| unsupported.clone())?;
        let mut options = Fields(self.kdf_options);
        let (Some(salt), Some(rounds)) = (options.string(), options.u32()) else {
            return Err(PrivateKeyError::Damaged);
        };
        if self.kdf != b"bcrypt" || rounds > MAX_ROUNDS {
            return Err(unsupported);
        }
        if passphrase.is_empty()
            || self.inner.is_empty()
            || !self.inner.len().is_multiple_of(cipher.block_size())
        {
            return Err(PrivateKeyError::WrongPassphrase);
        }
        let kdf = Kdf::Bcrypt { salt: salt.to_vec(), rounds };
        let (key, iv) =
            kdf.derive_key_and_iv(cipher, passphrase.expose()).map_err(|_| unsupported.clone())?;
        let tag = match self.tag {
            [] => None,
            tag => Some(tag.try_into().map_err(|_| PrivateKeyError::Damaged)?),
        };
        let mut plain = Zeroizing::new(self.inner.to_vec());
        cipher.decrypt(&key, &iv, &mut plain, tag).map_err(|_| PrivateKeyError::WrongPassphrase)?;
        Ok(plain)
    }
}

type Read = Result<PrivateKey, PrivateKeyError>;

/// Reads the inner layer. `None`: cut short, or its parts do not belong together.
fn read_inner(plain: &[u8], outer_public: &[u8]) -> Option<Read> {
    let mut f = Fields(plain);
    (f.u32()? == f.u32()?).then_some(())?;
    let name = f.string()?;
    let Some(algorithm) = Algorithm::from_name(name) else {
        return Some(Err(PrivateKeyError::Unsupported(short(name))));
    };
    let (material, pkcs8) = match algorithm {
        Algorithm::Ed25519 => read_ed25519(&mut f)?,
        Algorithm::EcdsaP256 | Algorithm::EcdsaP384 | Algorithm::EcdsaP521 => read_ecdsa(algorithm, &mut f)?,
        Algorithm::Rsa => match read_rsa(&mut f)? {
            Ok(read) => read,
            Err(e) => return Some(Err(e)),
        },
        // What the file holds is a handle for the authenticator, not a key that signs.
        Algorithm::SkEd25519 | Algorithm::SkEcdsaP256 => {
            return Some(Err(PrivateKeyError::Unsupported(short(name))));
        }
    };
    let public = match PublicKey::from_material(algorithm, material) {
        Ok(public) => public.with_comment(f.string()?),
        Err(e) => return Some(Err(e.into())),
    };
    let padded = f.0.len() < 2 * BLOCK && (1u8..).zip(f.0).all(|(n, b)| n == *b);
    (padded && public.blob() == outer_public).then(|| Ok(PrivateKey::from_parts(public, pkcs8)))
}

type Parts<'a> = (Material<'a>, Secret);

fn read_ed25519<'a>(f: &mut Fields<'a>) -> Option<Parts<'a>> {
    let (public, pair) = (f.string()?, f.string()?);
    // The second field is the seed with the public key behind it.
    let seed = pair.strip_suffix(public).filter(|seed| seed.len() == 32)?;
    let key = Ed25519KeyPair::from_seed_and_public_key(seed, public).ok()?;
    Some((Material::Ed25519(public), Secret::new(key.to_pkcs8v1().ok()?.as_ref())))
}

fn read_ecdsa<'a>(algorithm: Algorithm, f: &mut Fields<'a>) -> Option<Parts<'a>> {
    let (curve, size) = curve_of(algorithm)?;
    (f.string()? == algorithm.curve()?.as_bytes()).then_some(())?;
    let (point, number) = (f.string()?, f.positive()?);
    let mut scalar = Zeroizing::new(vec![0; size.checked_sub(number.len())?]);
    scalar.extend_from_slice(number);
    let key = EcdsaKeyPair::from_private_key_and_public_key(curve, &scalar, point).ok()?;
    Some((Material::Ecdsa(point), Secret::new(key.to_pkcs8v1().ok()?.as_ref())))
}

fn read_rsa<'a>(f: &mut Fields<'a>) -> Option<Result<Parts<'a>, PrivateKeyError>> {
    let (n, e, d, q_inverse) = (f.positive()?, f.positive()?, f.positive()?, f.positive()?);
    let (p, q) = (f.positive()?, f.positive()?);
    let material = Material::Rsa { e, n };
    // Before any arithmetic: this bounds the numbers and names a weak key as such.
    if let Err(e) = PublicKey::from_material(Algorithm::Rsa, material) {
        return Some(Err(e.into()));
    }
    if d.len() > n.len() || p.len() > n.len() || q.len() > n.len() {
        return None;
    }
    let components = KeyPairComponents {
        public_key: PublicKeyComponents { n, e },
        d,
        p,
        q,
        dP: &remainder(d, &less_one(p)?),
        dQ: &remainder(d, &less_one(q)?),
        qInv: q_inverse,
    };
    let key = RsaKeyPair::from_components(&components).ok()?;
    Some(Ok((material, Secret::new(key.as_der().ok()?.as_ref()))))
}

/// A prime, which is odd, less one.
fn less_one(prime: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let mut number = Zeroizing::new(prime.to_vec());
    let last = number.last_mut().filter(|b| **b & 1 == 1)?;
    *last -= 1;
    number.iter().any(|b| *b != 0).then_some(number)
}

/// Writes the content of an unencrypted `OPENSSH PRIVATE KEY` block.
pub(super) fn write(key: &PrivateKey, random: &Random) -> Result<Zeroizing<Vec<u8>>, PrivateKeyError> {
    let inner = write_inner(key, random).ok_or(PrivateKeyError::Damaged)?;
    let mut out = Zeroizing::new(Vec::with_capacity(inner.len() + key.public().blob().len() + 64));
    out.extend_from_slice(MAGIC);
    put_string(&mut out, b"none");
    put_string(&mut out, b"none");
    put_string(&mut out, b"");
    out.extend_from_slice(&1u32.to_be_bytes());
    put_string(&mut out, key.public().blob());
    put_string(&mut out, &inner);
    Ok(out)
}

fn write_inner(key: &PrivateKey, random: &Random) -> Option<Zeroizing<Vec<u8>>> {
    let check: [u8; 4] = random.bytes();
    // Room for everything at once, so that no copy of the secret stays behind in freed memory.
    let mut out = Zeroizing::new(Vec::with_capacity(8 * 1024));
    out.extend_from_slice(&check);
    out.extend_from_slice(&check);
    let algorithm = key.public().algorithm();
    put_string(&mut out, algorithm.name().as_bytes());
    match key.public().material().ok()? {
        Material::Ed25519(public) => {
            put_string(&mut out, public);
            let seed = key.ed25519_seed()?;
            put_string(&mut out, &Zeroizing::new([seed.as_slice(), public].concat()));
        }
        Material::Ecdsa(point) => {
            put_string(&mut out, algorithm.curve()?.as_bytes());
            put_string(&mut out, point);
            put_mpint(&mut out, &key.ecdsa_scalar()?);
        }
        Material::Rsa { .. } => {
            let der::Kind::Rsa { pkcs1 } = der::pkcs8_kind(key.pkcs8().expose())? else { return None };
            let rsa = der::rsa_numbers(pkcs1)?;
            for number in [rsa.n, rsa.e, rsa.d, rsa.q_inverse, rsa.p, rsa.q] {
                put_mpint(&mut out, number);
            }
        }
        Material::SkEd25519 { .. } | Material::SkEcdsa { .. } => return None,
    }
    put_string(&mut out, key.public().comment());
    let padding = out.len().next_multiple_of(BLOCK) - out.len();
    out.extend((1u8..).take(padding));
    Some(out)
}

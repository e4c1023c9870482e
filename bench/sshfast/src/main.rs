//! A cheap SSH/SFTP load client, so that the server and not OpenSSH's `sftp`
//! is what saturates. Loopback benchmarks only: the host key is not checked.
//!
//!   sshfast get   HOST PORT USER PASS FILE  [key=value ...]
//!   sshfast put   HOST PORT USER PASS FILE  size=BYTES [...]
//!   sshfast login HOST PORT USER PASS n=200
//!   sshfast idle  HOST PORT USER PASS conns=1000
//!   sshfast stat  HOST PORT USER PASS FILE  n=50
//!
//! conns=1 (threads, one connection each), req=261120 (bytes per READ/WRITE),
//! inflight=64, pkt=32768 (largest channel packet we take), window=2097152,
//! cipher=aes128-gcm@openssh.com (or aes256-gcm@openssh.com, chacha20-poly1305@openssh.com; aes128-ctr and aes256-ctr with
//! hmac-sha2-256-etm@openssh.com),
//! key=FILE (an Ed25519 private key of OpenSSH without a passphrase; then PASS does not matter).
//! Prints one JSON line. `idle` logs in conns times on one thread, opens an sftp session on each, prints its line and
//! holds them until a line or the end of standard input arrives.
mod ctr;
mod key;
mod wire;
use aws_lc_rs::signature::Ed25519KeyPair;
use aws_lc_rs::{agreement, rand::SystemRandom};
use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Instant;
use wire::*;

const VC: &[u8] = b"SSH-2.0-sshfast";

struct Ssh {
    s: TcpStream,
    rx: Vec<u8>,
    rs: usize,
    re: usize,
    seal: Option<Seal>,
    open: Option<Open>,
    sent: u32,
    received: u32,
    strict: bool,
    out: Vec<u8>,
    rch: u32,
    rwin: i64,
    rmax: usize,
    window: u32,
    used: u32,
    vs: Vec<u8>,
    cipher: String,
    session: Option<[u8; 32]>,
}

impl Ssh {
    fn fill(&mut self) {
        if self.rs == self.re {
            self.rs = 0;
            self.re = 0;
        } else if self.rx.len() - self.re < self.rx.len() / 2 {
            self.rx.copy_within(self.rs..self.re, 0);
            self.re -= self.rs;
            self.rs = 0;
        }
        let n = self.s.read(&mut self.rx[self.re..]).expect("read");
        if n == 0 {
            panic!("server closed the connection");
        }
        self.re += n;
    }
    /// the next whole packet already in the buffer: (start, end) of its payload
    fn ready(&mut self) -> Option<(usize, usize)> {
        let have = self.re - self.rs;
        if have < 4 {
            return None;
        }
        let head: [u8; 4] = self.rx[self.rs..self.rs + 4].try_into().unwrap();
        let len = self.open.as_ref().map_or(u32::from_be_bytes(head), |o| o.length(self.received, head)) as usize;
        let total = 4 + len + self.open.as_ref().map_or(0, |o| o.tag());
        assert!(total <= self.rx.len() / 2, "packet too large");
        if have < total {
            return None;
        }
        let at = self.rs;
        self.rs += total;
        if let Some(o) = self.open.as_mut() {
            o.open(self.received, &mut self.rx[at..at + total]);
        }
        self.received = self.received.wrapping_add(1);
        let pad = self.rx[at + 4] as usize;
        Some((at + 5, at + 4 + len - pad))
    }
    fn flush(&mut self) {
        if !self.out.is_empty() {
            self.s.write_all(&self.out).expect("write");
            self.out.clear();
        }
    }
    fn send(&mut self, p: &[u8]) {
        match self.seal.as_mut() {
            Some(g) => sealed(g, self.sent, p, &mut self.out),
            None => self.out.extend_from_slice(&clear_packet(p)),
        }
        self.sent = self.sent.wrapping_add(1);
    }
    /// waits for a packet of one of these types, answering what else comes
    fn expect(&mut self, types: &[u8]) -> Vec<u8> {
        self.flush();
        loop {
            while let Some((a, b)) = self.ready() {
                let p = self.rx[a..b].to_vec();
                if types.contains(&p[0]) {
                    return p;
                }
                self.other(&p);
            }
            self.flush();
            self.fill();
        }
    }
    fn other(&mut self, p: &[u8]) {
        match p[0] {
            2 | 3 | 4 | 7 | 53 | 98 | 99 => {}
            80 => {
                let mut r = Rd(&p[1..]);
                r.str();
                if r.u8() != 0 {
                    self.send(&[82]);
                }
            }
            20 => self.rekey(p.to_vec()),
            93 => self.rwin += u32::from_be_bytes(p[5..9].try_into().unwrap()) as i64,
            t => panic!("unexpected packet {t}"),
        }
    }
    fn connect(host: &str, port: u16, cipher: &str, window: u32) -> Ssh {
        let s = TcpStream::connect((host, port)).expect("connect");
        s.set_nodelay(true).unwrap();
        let mut c = Ssh {
            s, rx: vec![0; 1 << 20], rs: 0, re: 0, seal: None, open: None, sent: 0, received: 0, strict: false, out: vec![],
            rch: 0, rwin: 0, rmax: 0, window, used: 0,
            vs: vec![], cipher: String::new(), session: None,
        };
        c.s.write_all(b"SSH-2.0-sshfast\r\n").unwrap();
        let vs = loop {
            if let Some(p) = c.rx[c.rs..c.re].iter().position(|b| *b == b'\n') {
                let l = c.rx[c.rs..c.rs + p].to_vec();
                c.rs += p + 1;
                break l.strip_suffix(b"\r").unwrap_or(&l).to_vec();
            }
            c.fill();
        };
        c.vs = vs;
        c.cipher = cipher.to_string();
        let ic = kexinit(cipher);
        c.send(&ic);
        let is = c.expect(&[20]);
        c.strict = is.windows(28).any(|w| w == b"kex-strict-s-v00@openssh.com");
        c.exchange(ic, is);
        c
    }
    /// the server wants new keys: it sends nothing else until it has them
    fn rekey(&mut self, is: Vec<u8>) {
        let ic = kexinit(&self.cipher);
        self.send(&ic);
        self.exchange(ic, is);
    }
    fn exchange(&mut self, ic: Vec<u8>, is: Vec<u8>) {
        let my = agreement::EphemeralPrivateKey::generate(&agreement::X25519, &SystemRandom::new()).unwrap();
        let qc = my.compute_public_key().unwrap().as_ref().to_vec();
        let mut p = vec![30u8];
        put_str(&mut p, &qc);
        self.send(&p);
        let r = self.expect(&[31]);
        let mut r = Rd(&r[1..]);
        let (ks, qs) = (r.str().to_vec(), r.str().to_vec());
        let k: Vec<u8> = agreement::agree_ephemeral(
            my, agreement::UnparsedPublicKey::new(&agreement::X25519, &qs), (), |k| Ok(k.to_vec())).unwrap();
        let h = exchange_hash(VC, &self.vs, &ic, &is, &ks, &qc, &qs, &k);
        self.expect(&[21]);
        self.send(&[21]);
        self.flush();
        if self.strict {
            (self.sent, self.received) = (0, 0);
        }
        let session = *self.session.get_or_insert(h);
        let n = key_length(&self.cipher);
        let d = |x| derive(&k, &h, &session, x);
        self.seal = Some(Seal::new(&self.cipher, &d(b'C')[..n], &d(b'A'), &d(b'E')));
        self.open = Some(Open::new(&self.cipher, &d(b'D')[..n], &d(b'B'), &d(b'F')));
    }
    fn auth(&mut self, user: &str, pass: &str, key: Option<&Ed25519KeyPair>) {
        let mut p = vec![5u8];
        put_str(&mut p, b"ssh-userauth");
        self.send(&p);
        self.expect(&[6]);
        let mut p = vec![50u8];
        for x in [user, "ssh-connection", if key.is_some() { "publickey" } else { "password" }] {
            put_str(&mut p, x.as_bytes());
        }
        match key {
            Some(key) => key::sign(key, &self.session.unwrap(), &mut p),
            None => {
                p.push(0);
                put_str(&mut p, pass.as_bytes());
            }
        }
        self.send(&p);
        let r = self.expect(&[51, 52]);
        assert!(r[0] == 52, "login refused");
    }
    fn sftp(&mut self, pkt: u32) {
        let mut p = vec![90u8];
        put_str(&mut p, b"session");
        for v in [0, self.window, pkt] {
            put_u32(&mut p, v);
        }
        self.send(&p);
        let r = self.expect(&[91, 92]);
        assert!(r[0] == 91, "channel refused");
        let mut r = Rd(&r[5..]);
        self.rch = r.u32();
        self.rwin = r.u32() as i64;
        self.rmax = r.u32() as usize;
        let mut p = vec![98u8];
        put_u32(&mut p, self.rch);
        put_str(&mut p, b"subsystem");
        p.push(1);
        put_str(&mut p, b"sftp");
        self.send(&p);
        let r = self.expect(&[99, 100]);
        assert!(r[0] == 99, "no sftp subsystem");
        let mut p = vec![];
        put_u32(&mut p, 5);
        p.push(1);
        put_u32(&mut p, 3);
        self.data(&p);
        let r = self.reply();
        assert!(r[0] == 2, "no sftp version");
    }
    fn data(&mut self, b: &[u8]) {
        let mut p = Vec::with_capacity(b.len() + 9);
        p.push(94u8);
        put_u32(&mut p, self.rch);
        put_str(&mut p, b);
        self.rwin -= b.len() as i64;
        self.send(&p);
    }
    fn took(&mut self, n: usize) {
        self.used += n as u32;
        if self.used >= self.window / 4 {
            let mut p = vec![93u8];
            put_u32(&mut p, self.rch);
            put_u32(&mut p, self.used);
            self.used = 0;
            self.send(&p);
        }
    }
    /// one whole (small) sftp reply
    fn reply(&mut self) -> Vec<u8> {
        let mut got = vec![];
        loop {
            let p = self.expect(&[94]);
            let d = Rd(&p[5..]).str().to_vec();
            self.took(d.len());
            got.extend_from_slice(&d);
            if got.len() >= 4 {
                let n = u32::from_be_bytes(got[..4].try_into().unwrap()) as usize;
                if got.len() >= 4 + n {
                    assert!(got.len() == 4 + n);
                    return got[4..].to_vec();
                }
            }
        }
    }
    fn call(&mut self, body: &[u8]) -> Vec<u8> {
        let mut p = vec![];
        put_str(&mut p, body);
        self.data(&p);
        self.reply()
    }
    fn open_file(&mut self, name: &str, flags: u32) -> Vec<u8> {
        let mut b = vec![3u8];
        put_u32(&mut b, 1);
        put_str(&mut b, name.as_bytes());
        put_u32(&mut b, flags);
        put_u32(&mut b, 0);
        let r = self.call(&b);
        assert!(r[0] == 102, "open: status {:?}", &r[5..9]);
        Rd(&r[5..]).str().to_vec()
    }
    fn stat(&mut self, name: &str) -> u64 {
        let mut b = vec![17u8];
        put_u32(&mut b, 2);
        put_str(&mut b, name.as_bytes());
        let r = self.call(&b);
        assert!(r[0] == 105, "stat");
        let mut r = Rd(&r[5..]);
        if r.u32() & 1 != 0 { r.u64() } else { 0 }
    }
    fn close_file(&mut self, h: &[u8]) {
        let mut b = vec![4u8];
        put_u32(&mut b, 3);
        put_str(&mut b, h);
        assert!(self.call(&b)[0] == 101);
    }

    fn get(&mut self, name: &str, req: u64, inflight: usize) -> u64 {
        let size = self.stat(name);
        let h = self.open_file(name, 1);
        let (mut next, mut got, mut pending) = (0u64, 0u64, 0usize);
        // parser over the channel byte stream
        let mut head: Vec<u8> = Vec::with_capacity(16);
        let mut left = 0u64;
        while got < size {
            while pending < inflight && next < size {
                let mut b = vec![];
                put_u32(&mut b, (1 + 4 + 4 + h.len() + 8 + 4) as u32);
                b.push(5);
                put_u32(&mut b, (next / req) as u32 + 10);
                put_str(&mut b, &h);
                put_u64(&mut b, next);
                let n = req.min(size - next);
                put_u32(&mut b, n as u32);
                self.data(&b);
                next += n;
                pending += 1;
            }
            self.flush();
            self.fill();
            while let Some((a, e)) = self.ready() {
                if self.rx[a] != 94 {
                    let p = self.rx[a..e].to_vec();
                    self.other(&p);
                    continue;
                }
                let mut i = a + 9;
                self.took(e - i);
                while i < e {
                    if left == 0 {
                        let n = (13 - head.len()).min(e - i);
                        head.extend_from_slice(&self.rx[i..i + n]);
                        i += n;
                        if head.len() == 13 {
                            assert!(head[4] == 103, "not DATA: {}", head[4]);
                            left = u32::from_be_bytes(head[9..13].try_into().unwrap()) as u64;
                            let id = u32::from_be_bytes(head[5..9].try_into().unwrap()) as u64 - 10;
                            assert!(left == req.min(size - id * req), "short read {left}");
                            head.clear();
                        }
                    } else {
                        let n = left.min((e - i) as u64);
                        left -= n;
                        got += n;
                        i += n as usize;
                        if left == 0 {
                            pending -= 1;
                        }
                    }
                }
            }
        }
        self.close_file(&h);
        got
    }

    fn put(&mut self, name: &str, size: u64, req: u64, inflight: usize) -> u64 {
        let h = self.open_file(name, 2 | 8 | 16);
        let block: Vec<u8> = (0..req as usize + 64).map(|i| (i * 31 >> 3) as u8).collect();
        let (mut next, mut pending) = (0u64, 0usize);
        let mut back: Vec<u8> = vec![];
        loop {
            while pending < inflight && next < size && self.rwin >= req as i64 + 64 {
                let n = req.min(size - next);
                let mut b = vec![];
                put_u32(&mut b, (1 + 4 + 4 + h.len() + 8 + 4) as u32 + n as u32);
                b.push(6);
                put_u32(&mut b, 10);
                put_str(&mut b, &h);
                put_u64(&mut b, next);
                put_u32(&mut b, n as u32);
                // head and data share the first channel packet
                let max = self.rmax.min(32768);
                let mut sent = 0usize;
                let total = b.len() + n as usize;
                while sent < total {
                    let k = max.min(total - sent);
                    let at = self.out.len();
                    let pad = padding(9 + k);
                    put_u32(&mut self.out, (1 + 9 + k + pad) as u32);
                    self.out.push(pad as u8);
                    self.out.push(94);
                    put_u32(&mut self.out, self.rch);
                    put_u32(&mut self.out, k as u32);
                    let mut d = k;
                    if sent == 0 {
                        self.out.extend_from_slice(&b);
                        d -= b.len();
                    }
                    self.out.extend_from_slice(&block[..d]);
                    self.out.resize(self.out.len() + pad + self.seal.as_ref().unwrap().tag(), 0);
                    self.seal.as_mut().unwrap().seal(self.sent, &mut self.out[at..]);
                    self.sent = self.sent.wrapping_add(1);
                    sent += k;
                }
                self.rwin -= total as i64;
                next += n;
                pending += 1;
                self.flush();
            }
            if pending == 0 && next >= size {
                break;
            }
            self.fill();
            while let Some((a, e)) = self.ready() {
                if self.rx[a] != 94 {
                    let p = self.rx[a..e].to_vec();
                    self.other(&p);
                    continue;
                }
                self.took(e - a - 9);
                back.extend_from_slice(&self.rx[a + 9..e]);
                while back.len() >= 4 {
                    let n = u32::from_be_bytes(back[..4].try_into().unwrap()) as usize;
                    if back.len() < 4 + n {
                        break;
                    }
                    assert!(back[4] == 101 && back[9..13] == [0; 4], "write failed");
                    pending -= 1;
                    back.drain(..4 + n);
                }
            }
        }
        self.close_file(&h);
        size
    }
}

fn idle(conns: u64, connect: impl Fn() -> Ssh) {
    let t = Instant::now();
    let held: Vec<Ssh> = (0..conns).map(|_| connect()).collect();
    println!("{{\"done\": {conns}, \"seconds\": {:.6}}}", t.elapsed().as_secs_f64());
    let _ = std::io::stdin().read_line(&mut String::new());
    drop(held);
}

fn main() {
    let a: Vec<String> = std::env::args().skip(1).collect();
    if a.len() < 5 {
        eprintln!("usage: sshfast get|put|login|stat|idle HOST PORT USER PASS [FILE] [key=value ...]");
        std::process::exit(2);
    }
    let kv: HashMap<String, String> = a[5..].iter().filter_map(|x| x.split_once('=')).map(|(k, v)| (k.into(), v.into())).collect();
    let num = |k: &str, d: u64| kv.get(k).map(|v| v.parse::<u64>().expect("number")).unwrap_or(d);
    let file = a[5..].iter().find(|x| !x.contains('=')).cloned().unwrap_or_default();
    let cipher = kv.get("cipher").cloned().unwrap_or_else(|| "aes128-gcm@openssh.com".into());
    let conns = num("conns", 1);
    let (req, inflight, pkt, window) = (num("req", 261120), num("inflight", 64) as usize, num("pkt", 32768) as u32, num("window", 2 << 20) as u32);
    let (size, n) = (num("size", 0), num("n", 100));
    let port: u16 = a[2].parse().expect("port");
    let key = kv.get("key").map(|path| std::sync::Arc::new(key::read(path)));
    if a[0] == "idle" {
        return idle(conns, || {
            let mut c = Ssh::connect(&a[1], port, &cipher, window);
            c.auth(&a[3], &a[4], key.as_deref());
            c.sftp(pkt);
            c
        });
    }
    let t0 = Instant::now();
    let th: Vec<_> = (0..conns).map(|i| {
        let (mode, host, user, pass, file, cipher) = (a[0].clone(), a[1].clone(), a[3].clone(), a[4].clone(), file.clone(), cipher.clone());
        let key = key.clone();
        std::thread::spawn(move || {
            if mode == "login" {
                let mut k = 0;
                while k * conns + i < n {
                    let mut c = Ssh::connect(&host, port, &cipher, window);
                    c.auth(&user, &pass, key.as_deref());
                    k += 1;
                }
                return (k, 0.0);
            }
            let mut c = Ssh::connect(&host, port, &cipher, window);
            c.auth(&user, &pass, key.as_deref());
            c.sftp(pkt);
            let t = Instant::now();
            let b = match mode.as_str() {
                "get" => c.get(&file, req, inflight),
                "put" => c.put(&if conns > 1 { format!("{file}.{i}") } else { file }, size, req, inflight),
                "stat" => { for _ in 0..n { c.stat(&file); } n }
                _ => panic!("mode"),
            };
            (b, t.elapsed().as_secs_f64())
        })
    }).collect();
    let res: Vec<(u64, f64)> = th.into_iter().map(|t| t.join().unwrap()).collect();
    let total: u64 = res.iter().map(|r| r.0).sum();
    let slow = res.iter().map(|r| r.1).fold(0.0, f64::max);
    println!("{{\"done\": {total}, \"seconds\": {:.6}, \"transfer_seconds\": {slow:.6}}}", t0.elapsed().as_secs_f64());
}

import com.jcraft.jsch.ChannelSftp;
import com.jcraft.jsch.JSch;
import com.jcraft.jsch.Session;
import com.jcraft.jsch.SftpATTRS;
import com.jcraft.jsch.SftpException;
import com.jcraft.jsch.UserInfo;
import java.nio.file.Files;
import java.nio.file.Path;

/** Moves a file up and down with JSch: RoundTrip HOST PORT KEY KNOWN_HOSTS PASSWORD UP BACK, from the folder with the file. */
class RoundTrip {
    interface Work {
        void on(ChannelSftp sftp) throws Exception;
    }

    static void check(String what, boolean isSo) {
        if (!isSo) throw new AssertionError(what);
    }

    /** Answers whatever a server asks for without a screen with the password. */
    record Answers(String password) implements UserInfo, com.jcraft.jsch.UIKeyboardInteractive {
        public String getPassphrase() { return null; }
        public String getPassword() { return password; }
        public boolean promptPassword(String message) { return true; }
        public boolean promptPassphrase(String message) { return false; }
        public boolean promptYesNo(String message) { return false; }
        public void showMessage(String message) { }
        public String[] promptKeyboardInteractive(String to, String name, String text, String[] prompts, boolean[] echo) {
            return prompts.length == 1 ? new String[] {password} : new String[prompts.length];
        }
    }

    static void session(JSch client, String[] words, String method, Work work) throws Exception {
        Session session = client.getSession("alice", words[0], Integer.parseInt(words[1]));
        session.setUserInfo(new Answers(words[4]));
        session.setConfig("PreferredAuthentications", method);
        session.connect(30000);
        try {
            ChannelSftp sftp = (ChannelSftp) session.openChannel("sftp");
            sftp.connect(30000);
            work.on(sftp);
        } finally {
            session.disconnect();
        }
    }

    public static void main(String[] words) throws Exception {
        String up = words[5], back = words[6];
        JSch client = new JSch();
        client.setKnownHosts(words[3]);
        client.addIdentity(words[2]);
        session(client, words, "publickey", sftp -> {
            sftp.put(up, "/" + up);
            sftp.get("/" + up, back);
            check("the content", Files.mismatch(Path.of(up), Path.of(back)) == -1);
            sftp.mkdir("/box");
            sftp.rename("/" + up, "/box/" + up);
            check("the names", sftp.ls("/box/*").size() == 1);
            SftpATTRS attributes = sftp.stat("/box/" + up);
            check("the size", attributes.getSize() == Files.size(Path.of(up)) && attributes.isReg());
            check("the place", sftp.pwd().equals("/"));
            try {
                sftp.stat("/missing");
                check("a missing file", false);
            } catch (SftpException e) {
                check("no such file", e.id == ChannelSftp.SSH_FX_NO_SUCH_FILE);
            }
        });
        session(client, words, "password", sftp -> sftp.rm("/box/" + up));
        session(client, words, "keyboard-interactive", sftp -> sftp.rmdir("/box"));
    }
}

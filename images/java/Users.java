import com.alibaba.fastjson2.JSON;
import com.alibaba.fastjson2.JSONException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.rocketmq.auth.authentication.enums.UserStatus;
import org.apache.rocketmq.auth.authentication.enums.UserType;
import org.apache.rocketmq.auth.authentication.manager.AuthenticationMetadataManager;
import org.apache.rocketmq.auth.authentication.model.User;
import org.apache.rocketmq.auth.authorization.enums.Decision;
import org.apache.rocketmq.auth.authorization.enums.PolicyType;
import org.apache.rocketmq.auth.authorization.manager.AuthorizationMetadataManager;
import org.apache.rocketmq.auth.authorization.model.Acl;
import org.apache.rocketmq.auth.authorization.model.Policy;
import org.apache.rocketmq.auth.authorization.model.PolicyEntry;
import org.apache.rocketmq.auth.authorization.model.Resource;
import org.apache.rocketmq.broker.BrokerController;
import org.apache.rocketmq.common.action.Action;

/**
 * Keeps a broker's users and what they may do as a file says, from before its start on.
 *
 * <p>RocketMQ keeps users on each member of a group and replicates none of them. With the file, which is the same
 * for all, a member that was away or comes back empty knows every user before the first client asks.
 *
 * <p>The file is a JSON list of {"name", "secret", "grants": [{"resource", "actions"}]}, or {"name", "deleted":
 * true}. Users that it doesn't name are left alone.
 */
final class Users {
    private static final long PAUSE_MS = 500;

    private final AuthenticationMetadataManager users;
    private final AuthorizationMetadataManager acls;
    private final Path file;
    private String applied = "";

    private Users(BrokerController controller, Path file) {
        this.users = controller.getAuthenticationMetadataManager();
        this.acls = controller.getAuthorizationMetadataManager();
        this.file = file;
    }

    /** Applies the file, and goes on doing so whenever it changes. Throws IOException if it can't be read now. */
    static void follow(BrokerController controller, Path file) throws IOException {
        Users users = new Users(controller, file);
        users.applyIfChanged();
        Thread thread = new Thread(users::goOn, "users");
        thread.setDaemon(true);
        thread.start();
    }

    private void goOn() {
        while (true) {
            try {
                Thread.sleep(PAUSE_MS);
                applyIfChanged();
            } catch (InterruptedException end) {
                return;
            } catch (IOException | RuntimeException error) {
                System.err.println("users: " + file + " can't be applied: " + error);
            }
        }
    }

    private void applyIfChanged() throws IOException {
        String text = Files.readString(file);
        if (!text.equals(applied)) {
            entries(text).forEach(this::apply);
            applied = text;
        }
    }

    /** Without the parser's own words, which quote the text and the secrets in it. */
    private static List<Entry> entries(String text) throws IOException {
        try {
            return JSON.parseArray(text, Entry.class);
        } catch (JSONException error) {
            throw new IOException("not a JSON list of users");
        }
    }

    private void apply(Entry entry) {
        User found = users.getUser(entry.name).join();
        if (entry.deleted) {
            if (found != null) {
                users.deleteUser(entry.name).join();
            }
            return;
        }
        User wanted = User.of(entry.name, entry.secret, UserType.NORMAL);
        wanted.setUserStatus(UserStatus.ENABLE);
        if (found == null) {
            users.createUser(wanted).join();
        } else if (!entry.secret.equals(found.getPassword()) || found.getUserStatus() != UserStatus.ENABLE) {
            users.updateUser(wanted).join();
        }
        grant(wanted, entry.grants.stream().map(Grant::entry).collect(Collectors.toList()));
    }

    /** New grants first, so that nothing that stays granted is refused in between. */
    private void grant(User user, List<PolicyEntry> wanted) {
        Acl found = acls.getAcl(user).join();
        if (!wanted.isEmpty()) {
            acls.createAcl(Acl.of(user, Policy.of(PolicyType.CUSTOM, wanted))).join();
        }
        Policy policy = found == null ? null : found.getPolicy(PolicyType.CUSTOM);
        if (policy == null) {
            return;
        }
        List<Resource> kept = wanted.stream().map(PolicyEntry::getResource).collect(Collectors.toList());
        List<Resource> before =
            policy.getEntries().stream().map(PolicyEntry::getResource).collect(Collectors.toList());
        before.removeAll(kept);
        before.forEach(resource -> acls.deleteAcl(user, PolicyType.CUSTOM, resource).join());
    }

    /** One user of the file. */
    static final class Entry {
        public String name;
        public String secret;
        public boolean deleted;
        public List<Grant> grants = List.of();
    }

    /** What a user may do: to Topic:NAME, Group:NAME, with * at the end for a prefix; Pub, Sub, Get, … */
    static final class Grant {
        public String resource;
        public List<String> actions;

        PolicyEntry entry() {
            List<Action> allowed = actions.stream().map(Action::getByName).collect(Collectors.toList());
            return PolicyEntry.of(Resource.of(resource), allowed, null, Decision.ALLOW);
        }
    }
}

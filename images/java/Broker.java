import java.io.IOException;
import java.nio.file.Path;
import org.apache.rocketmq.broker.BrokerController;
import org.apache.rocketmq.broker.BrokerStartup;

/**
 * RocketMQ's broker, which asks the HTTP endpoint for its NameServers, and knows its users, before it starts.
 *
 * <p>BrokerStartup alone asks 10 s after its start for the first time, and registers up to 10 s later still; until
 * then no client can find it. Where NameServers are configured by address this does nothing.
 *
 * <p>The property users.file names the file of its users; see Users.
 */
public final class Broker {
    private static final int TRIES = 240;
    private static final long PAUSE_MS = 250;

    private Broker() {}

    public static void main(String[] arguments) throws InterruptedException, IOException {
        BrokerController controller = BrokerStartup.createBrokerController(arguments);
        String users = System.getProperty("users.file");
        if (users != null) {
            Users.follow(controller, Path.of(users));
        }
        if (controller.getBrokerConfig().isFetchNamesrvAddrByAddressServer()) {
            awaitNameServers(controller);
        }
        BrokerStartup.start(controller);
    }

    /** A minute at most: after that the broker's own schedule goes on asking. */
    private static void awaitNameServers(BrokerController controller) throws InterruptedException {
        for (int i = 0; i < TRIES && controller.getBrokerOuterAPI().fetchNameServerAddr() == null; i++) {
            Thread.sleep(PAUSE_MS);
        }
    }
}

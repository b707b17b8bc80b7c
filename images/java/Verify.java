import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.CRC32;
import org.apache.rocketmq.acl.common.AclClientRPCHook;
import org.apache.rocketmq.acl.common.SessionCredentials;
import org.apache.rocketmq.client.consumer.DefaultLitePullConsumer;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.client.producer.SendStatus;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.remoting.RPCHook;

/**
 * Sends messages through RocketMQ and receives them again, each checked by id and checksum.
 *
 * <p>NameServers come from the properties rocketmq.namesrv.domain and .subgroup, or --namesrv. --credentials names a
 * file of properties with the user's accessKey and secretKey, with which each request is signed. The last line on
 * stdout is the result as JSON; exit code 0 only if every message was acknowledged, received and whole.
 * Messages of other runs in the topic are left aside by the run's id.
 */
public final class Verify {
    private static final String RUN = UUID.randomUUID().toString();
    private static final int BODY_BYTES = 256;
    private static final int POLL_MS = 200;
    private static final long BACK_OFF_MS = 200;

    private final Map<String, String> options = new HashMap<>();
    private final Set<Integer> acknowledged = ConcurrentHashMap.newKeySet();
    private final Set<Integer> received = ConcurrentHashMap.newKeySet();
    private final AtomicInteger corrupt = new AtomicInteger();
    private final AtomicInteger duplicates = new AtomicInteger();
    private final AtomicInteger retries = new AtomicInteger();
    private final AtomicLong firstAcknowledged = new AtomicLong(-1);
    private final AtomicLong firstReceived = new AtomicLong(-1);
    private final long begun = System.nanoTime();
    private final int messages;
    private final long deadline;
    private volatile String lastError = "";

    private Verify(String[] arguments) {
        for (int i = 0; i + 1 < arguments.length; i += 2) {
            options.put(arguments[i].replaceFirst("^--", ""), arguments[i + 1]);
        }
        messages = Integer.parseInt(options.getOrDefault("messages", "1000"));
        deadline = begun + TimeUnit.SECONDS.toNanos(Long.parseLong(options.getOrDefault("timeout-seconds", "120")));
    }

    public static void main(String[] arguments) throws Exception {
        boolean whole = new Verify(arguments).run();
        System.out.flush();
        // The clients keep threads that are not daemons.
        Runtime.getRuntime().halt(whole ? 0 : 1);
    }

    private boolean run() throws Exception {
        DefaultLitePullConsumer consumer = consumer();
        DefaultMQProducer producer = producer();
        Thread receiving = new Thread(() -> receive(consumer), "receive");
        receiving.setDaemon(true);
        receiving.start();
        send(producer);
        receiving.join(Math.max(1, TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime())));
        return report();
    }

    private DefaultLitePullConsumer consumer() throws Exception {
        String group = options.getOrDefault("group", "steppe-verify") + "-" + RUN.substring(0, 8);
        DefaultLitePullConsumer consumer = new DefaultLitePullConsumer(group, signature());
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        consumer.setPollNameServerInterval(1000);
        consumer.setPullBatchSize(256);
        consumer.setAutoCommit(true);
        if (options.containsKey("namesrv")) {
            consumer.setNamesrvAddr(options.get("namesrv"));
        }
        consumer.setInstanceName("consumer-" + RUN);
        consumer.subscribe(options.get("topic"), "*");
        consumer.start();
        return consumer;
    }

    private DefaultMQProducer producer() throws Exception {
        DefaultMQProducer producer =
            new DefaultMQProducer(options.getOrDefault("group", "steppe-verify"), signature());
        producer.setPollNameServerInterval(1000);
        producer.setRetryTimesWhenSendFailed(0);
        producer.setSendMsgTimeout(3000);
        if (options.containsKey("namesrv")) {
            producer.setNamesrvAddr(options.get("namesrv"));
        }
        producer.setInstanceName("producer-" + RUN);
        producer.start();
        return producer;
    }

    /** What signs each request; null, and nothing does, without credentials. */
    private RPCHook signature() throws IOException {
        if (!options.containsKey("credentials")) {
            return null;
        }
        Properties kept = new Properties();
        try (Reader reader = Files.newBufferedReader(Path.of(options.get("credentials")))) {
            kept.load(reader);
        }
        return new AclClientRPCHook(
            new SessionCredentials(kept.getProperty("accessKey"), kept.getProperty("secretKey")));
    }

    private void send(DefaultMQProducer producer) throws InterruptedException {
        int threads = Integer.parseInt(options.getOrDefault("threads", "8"));
        AtomicInteger next = new AtomicInteger();
        ExecutorService senders = Executors.newFixedThreadPool(threads);
        for (int i = 0; i < threads; i++) {
            senders.submit(() -> {
                for (int id = next.getAndIncrement(); id < messages; id = next.getAndIncrement()) {
                    sendOne(producer, id);
                }
            });
        }
        senders.shutdown();
        senders.awaitTermination(Math.max(1, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
    }

    private void sendOne(DefaultMQProducer producer, int id) {
        while (System.nanoTime() < deadline) {
            try {
                SendResult result = producer.send(message(id));
                if (result.getSendStatus() == SendStatus.SEND_OK) {
                    firstAcknowledged.compareAndSet(-1, System.nanoTime());
                    acknowledged.add(id);
                    tell("sent", acknowledged.size());
                    return;
                }
                lastError = "broker answered " + result.getSendStatus();
            } catch (Exception error) {
                lastError = String.valueOf(error.getMessage());
            }
            retries.incrementAndGet();
            pause();
        }
    }

    private Message message(int id) {
        byte[] body = (RUN + ":" + id + ":").repeat(BODY_BYTES / 40).getBytes(StandardCharsets.UTF_8);
        Message message = new Message(options.get("topic"), body);
        message.putUserProperty("run", RUN);
        message.putUserProperty("id", Integer.toString(id));
        message.putUserProperty("crc", Long.toHexString(checksum(body)));
        return message;
    }

    private void receive(DefaultLitePullConsumer consumer) {
        while (System.nanoTime() < deadline && received.size() < messages) {
            take(consumer.poll(POLL_MS));
        }
    }

    private void take(Collection<MessageExt> batch) {
        for (MessageExt message : batch) {
            if (!RUN.equals(message.getUserProperty("run"))) {
                continue;
            }
            firstReceived.compareAndSet(-1, System.nanoTime());
            if (!Long.toHexString(checksum(message.getBody())).equals(message.getUserProperty("crc"))) {
                corrupt.incrementAndGet();
            }
            if (!received.add(Integer.parseInt(message.getUserProperty("id")))) {
                duplicates.incrementAndGet();
            }
            tell("received", received.size());
        }
    }

    private boolean report() {
        long missing = acknowledged.stream().filter(id -> !received.contains(id)).count();
        System.out.printf(
            "{\"run\":\"%s\",\"sent\":%d,\"acknowledged\":%d,\"received\":%d,\"missing\":%d,\"corrupt\":%d,"
                + "\"duplicates\":%d,\"retries\":%d,\"first_ack_ms\":%d,\"first_received_ms\":%d,\"seconds\":%.2f,"
                + "\"last_error\":\"%s\"}%n",
            RUN, messages, acknowledged.size(), received.size(), missing, corrupt.get(), duplicates.get(),
            retries.get(), sinceBegun(firstAcknowledged.get()), sinceBegun(firstReceived.get()),
            (System.nanoTime() - begun) / 1e9, lastError.replaceAll("[^ -~]|[\"\\\\]", " "));
        return acknowledged.size() == messages && missing == 0 && corrupt.get() == 0;
    }

    private void tell(String what, int count) {
        if (count % 1000 == 0) {
            System.out.println(what + " " + count);
        }
    }

    private void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(BACK_OFF_MS);
        } catch (InterruptedException error) {
            Thread.currentThread().interrupt();
        }
    }

    private long sinceBegun(long at) {
        return at < 0 ? -1 : TimeUnit.NANOSECONDS.toMillis(at - begun);
    }

    private static long checksum(byte[] body) {
        CRC32 crc = new CRC32();
        crc.update(body);
        return crc.getValue();
    }
}

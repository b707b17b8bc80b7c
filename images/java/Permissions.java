import io.netty.channel.ChannelHandlerContext;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.commons.lang3.StringUtils;
import org.apache.rocketmq.auth.authentication.model.User;
import org.apache.rocketmq.auth.authorization.context.DefaultAuthorizationContext;
import org.apache.rocketmq.auth.authorization.model.Resource;
import org.apache.rocketmq.auth.authorization.provider.DefaultAuthorizationProvider;
import org.apache.rocketmq.common.action.Action;
import org.apache.rocketmq.remoting.common.RemotingHelper;
import org.apache.rocketmq.remoting.protocol.RemotingCommand;
import org.apache.rocketmq.remoting.protocol.RequestCode;
import org.apache.rocketmq.remoting.protocol.body.QueryAssignmentRequestBody;

/**
 * RocketMQ's authorization, with everything denied that it has no rule for.
 *
 * <p>In 5.5.0 a request without a rule is open to every user who signs it: a lite pull of any topic, the broker's
 * configuration with the administrator's password in it, changes to it, subscription groups. Here a request like
 * one that has a rule falls under that rule, and any other asks for the right to update the cluster.
 */
public final class Permissions extends DefaultAuthorizationProvider {
    /** What says nothing and changes nothing of another's: a producer's heartbeat, the syntax of a filter. */
    private static final Set<Integer> HARMLESS =
        Set.of(RequestCode.HEART_BEAT, RequestCode.UNREGISTER_CLIENT, RequestCode.CHECK_CLIENT_CONFIG);

    private static final Map<Integer, Integer> LIKE =
        Map.of(
            RequestCode.LITE_PULL_MESSAGE, RequestCode.PULL_MESSAGE,
            RequestCode.SEND_REPLY_MESSAGE, RequestCode.SEND_MESSAGE,
            RequestCode.SEND_REPLY_MESSAGE_V2, RequestCode.SEND_MESSAGE_V2,
            RequestCode.QUERY_ASSIGNMENT, RequestCode.PULL_MESSAGE);

    @Override
    public List<DefaultAuthorizationContext> newContexts(ChannelHandlerContext channel, RemotingCommand command) {
        List<DefaultAuthorizationContext> contexts = super.newContexts(channel, known(command));
        if (!contexts.isEmpty() || HARMLESS.contains(command.getCode())) {
            return contexts;
        }
        String address = RemotingHelper.parseChannelRemoteAddr(channel.channel());
        DefaultAuthorizationContext context =
            DefaultAuthorizationContext.of(
                User.of(command.getExtFields().get("AccessKey")),
                Resource.ofCluster(authConfig.getClusterName()),
                Action.UPDATE,
                StringUtils.substringBeforeLast(address, ":"));
        context.setRpcCode(String.valueOf(command.getCode()));
        return List.of(context);
    }

    /** The request that RocketMQ has a rule for, where this one has none. */
    private static RemotingCommand known(RemotingCommand command) {
        Integer code = LIKE.get(command.getCode());
        if (code == null) {
            return command;
        }
        HashMap<String, String> fields = new HashMap<>(command.getExtFields());
        if (command.getCode() == RequestCode.QUERY_ASSIGNMENT) {
            QueryAssignmentRequestBody asked =
                QueryAssignmentRequestBody.decode(command.getBody(), QueryAssignmentRequestBody.class);
            fields.put("topic", asked.getTopic());
            fields.put("consumerGroup", asked.getConsumerGroup());
        }
        RemotingCommand like = RemotingCommand.createRequestCommand(code, null);
        like.setExtFields(fields);
        return like;
    }
}

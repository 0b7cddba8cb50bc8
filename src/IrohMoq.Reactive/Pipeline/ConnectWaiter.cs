using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Pipeline;

/// <summary>A caller that waits for a session with a peer. Whoever takes it out of its table completes it.</summary>
internal sealed class ConnectWaiter(long number, EndpointId peer, Runtime runtime)
{
    private readonly Completion<MoqSession> _result = new(runtime);

    public long Number => number;

    public EndpointId Peer => peer;

    public Task<MoqSession> Result => _result.Task;

    public void Complete(MoqSession session) => _result.TrySet(session);

    public void Fail(Exception failure) => _result.TryFail(failure);
}

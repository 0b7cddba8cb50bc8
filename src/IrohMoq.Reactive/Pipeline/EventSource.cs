using System.Reactive.Subjects;
using IrohMoq.Reactive.Manager;

namespace IrohMoq.Reactive.Pipeline;

/// <summary>Represents one source of pipeline events, to which any thread may post.</summary>
/// <param name="failed">The action that receives the exception if the pipeline's scheduler fails to accept an event.</param>
#pragma warning disable CA1001 // A subject has nothing to dispose, and events may still be posted after the end.
internal sealed class EventSource(Action<Exception> failed) : IObservable<MoqEvent>
#pragma warning restore CA1001
{
    private readonly Subject<MoqEvent> _events = new();

    public IDisposable Subscribe(IObserver<MoqEvent> observer) => _events.Subscribe(observer);

    public void Post(MoqEvent happened)
    {
        try
        {
            _events.OnNext(happened);
        }
        catch (Exception fault)
        {
            failed(fault);
        }
    }
}

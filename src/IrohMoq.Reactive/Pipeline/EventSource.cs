using System.Reactive.Subjects;
using IrohMoq.Reactive.Manager;

namespace IrohMoq.Reactive.Pipeline;

/// <summary>One source of events: a subject that any thread may post to.</summary>
/// <param name="failed">Receives the exception if the pipeline's scheduler does not take the event.</param>
#pragma warning disable CA1001 // A subject holds nothing that must be released, and late events still come after the end.
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

using IrohMoq.Reactive.Tests.Wire;

namespace IrohMoq.Reactive.Tests.Sessions.Fuzz;

/// <summary>Makes new lists of steps of known ones. The same seed makes the same lists.</summary>
internal sealed class SessionMutator(int seed)
{
    private const int MaxSteps = 60;

    private readonly Random _random = new(seed);
    private readonly FuzzMutator _bytes = new(seed);

    public SessionStep[] Next(IReadOnlyList<SessionStep[]> known)
    {
        var steps = Pick(known).ToList();
        for (var changes = 1 + _random.Next(4); changes > 0; changes--)
            Change(steps, known);
        return [.. steps.Take(MaxSteps)];
    }

    private void Change(List<SessionStep> steps, IReadOnlyList<SessionStep[]> known)
    {
        var at = _random.Next(steps.Count + 1);
        switch (_random.Next(10))
        {
            case 0 when at < steps.Count:
                steps.RemoveAt(at);
                break;
            case 1 when at < steps.Count:
                steps.Insert(at, steps[at]);
                break;
            case 2 when at < steps.Count && steps.Count > 1:
                var other = _random.Next(steps.Count);
                (steps[at], steps[other]) = (steps[other], steps[at]);
                break;
            case 3:
                var tail = Pick(known);
                steps.AddRange(tail[_random.Next(tail.Length + 1)..]);
                break;
            case 4:
                steps.Insert(at, NewStep());
                break;
            case 5 when at < steps.Count:
                steps[at] = steps[at] with { Kind = NewKind() };
                break;
            case 6 when at < steps.Count:
                steps[at] = steps[at] with { Stream = NewStream() };
                break;
            default:
                ChangeBytes(steps, known);
                break;
        }
    }

    private void ChangeBytes(List<SessionStep> steps, IReadOnlyList<SessionStep[]> known)
    {
        if (steps.Count == 0)
            return;
        var at = _random.Next(steps.Count);
        // The type of a stream is kept in most cases, so that its messages are reached.
        var type = steps[at].Kind is StepKind.OpenUni or StepKind.OpenBidi && _random.Next(8) > 0 ? 1 : 0;
        var bytes = steps[at].Bytes;
        if (bytes.Length < type)
            return;
        var like = Pick(known).FirstOrDefault(step => step.Kind == steps[at].Kind)?.Bytes ?? [];
        var changed = _bytes.Next([bytes[type..], bytes[type..], bytes[type..], like.Length < type ? like : like[type..]]);
        steps[at] = steps[at] with { Bytes = [.. bytes[..type], .. changed] };
    }

    private SessionStep NewStep() => new(NewKind(), NewStream(), [(byte)_random.Next(10)]);

    private byte NewStream() => (byte)((_random.Next(2) * _random.Next(7) << 4) | _random.Next(5));

    private StepKind NewKind() => (StepKind)_random.Next((int)StepKind.Wait + 1);

    private T Pick<T>(IReadOnlyList<T> from) => from[_random.Next(from.Count)];
}

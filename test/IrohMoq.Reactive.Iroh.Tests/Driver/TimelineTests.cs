using CsCheck;
using IrohMoq.Reactive.Iroh.Driver;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>The heap of timers against a sorted list.</summary>
[Parallelizable(ParallelScope.All)]
public class TimelineTests
{
    private const int Connections = 12;
    private const ulong Never = ulong.MaxValue;

    private static readonly Gen<ulong> Time = Gen.Frequency((9, Gen.ULong[0, 50]), (1, Gen.Const(Never)));

    [Test]
    public async Task EmptyTimeline_IsNeverDue()
    {
        await using var loop = new TestLoop();
        var timeline = new Timeline();
        Assert.That((timeline.Next, timeline.TryTakeDue(Never, out _)), Is.EqualTo((Never, false)));
        timeline.Set(loop.Create(), Never);
        Assert.That(timeline.Next, Is.EqualTo(Never));
    }

    /// <summary>Each step sets the time of a connection, or takes all that are due.</summary>
    [Test]
    public async Task AnySteps_GiveWhatASortedListGives()
    {
        await using var loop = new TestLoop();
        Gen.Select(Gen.Int[0, Connections - 1], Time, Gen.Int[0, 9]).Array[0, 200].Sample(
            steps =>
            {
                var timeline = new Timeline();
                TestConnection[] connections = [.. Enumerable.Range(0, Connections).Select(_ => loop.Create())];
                var due = new Dictionary<DrivenConnection, ulong>();
                foreach (var (index, time, action) in steps)
                {
                    var connection = connections[index];
                    if (action == 0)
                    {
                        TakeAll(time == Never ? 50 : time);
                        continue;
                    }

                    timeline.Set(connection, time);
                    if (time == Never)
                        due.Remove(connection);
                    else
                        due[connection] = time;
                    Check();
                }

                TakeAll(Never - 1);
                Assert.That(due, Is.Empty);

                void TakeAll(ulong now)
                {
                    var expected = due.Where(entry => entry.Value <= now).Select(static entry => entry.Value).Order().ToArray();
                    var taken = new List<ulong>();
                    while (timeline.TryTakeDue(now, out var connection))
                    {
                        Assert.That(due.Remove(connection, out var at), Is.True);
                        taken.Add(at);
                        Check();
                    }

                    Assert.That(taken, Is.EqualTo(expected));
                }

                void Check()
                {
                    Assert.That(timeline.Next, Is.EqualTo(due.Count == 0 ? Never : due.Values.Min()));
                    foreach (var connection in connections)
                        Assert.That(connection.PlaceInTime >= 0, Is.EqualTo(due.ContainsKey(connection)));
                }
            },
            iter: 150, threads: 1);
    }
}

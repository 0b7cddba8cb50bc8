using CsCheck;
using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Tests.Model;

/// <summary>The reader of a received track that has read most, and which groups all readers have passed.</summary>
public sealed class ForemostReaderTests
{
    private enum Step
    {
        Write,
        Join,
        Take,
        Read,
        Release,
        Leave,
    }

    /// <summary>In any order of steps, the reader is one that a search among all readers would find.</summary>
    [Test]
    public void ForemostReader_IsOneThatHasReadMost() =>
        Gen.Select(Gen.Enum<Step>(), Gen.Int[0, 4]).Array[0, 120].Sample(static steps =>
        {
            using var test = new ReceivedTrackOfManyReaders();
            foreach (var (step, reader) in steps)
            {
                test.Do(step, reader);
                test.Check();
            }
        });

    private sealed class ReceivedTrackOfManyReaders : IDisposable
    {
        private readonly BroadcastProducer _broadcast = new(ThreadPoolRuntime.Instance);
        private readonly TrackProducer _track;
        private readonly List<(TrackCursor Cursor, Queue<GroupConsumer> Taken)> _readers = [];
        private readonly ReceiveFlow _flow;

        public ReceivedTrackOfManyReaders()
        {
            _track = _broadcast.CreateTrack("t", new TrackOptions { MaxCachedGroups = 6 });
            var runtime = ThreadPoolRuntime.Instance;
            _flow = new ReceiveFlow(
                _track, new ArrivingGroups(runtime), new ReceiveBudget(SessionLimits.Default), new Signal(runtime));
        }

        public void Do(Step step, int index)
        {
            if (step == Step.Write)
                Write(index);
            else if (step == Step.Join)
                _readers.Add((_track.OpenCursor(new SubscribeOptions { Start = GroupStart.Oldest }), []));
            else if (index < _readers.Count)
                Do(step, _readers[index]);
        }

        public void Check()
        {
            lock (_track.Gate)
            {
                var readers = _track.State.Readers;
                var most = long.MinValue;
                foreach (var cursor in readers)
                    most = Math.Max(most, cursor.Progress.Read);
                Assert.That(readers.Foremost?.Progress.Read, Is.EqualTo(readers.Count == 0 ? null : (long?)most));
                Assert.That(readers.Foremost?.Progress.IsOver, Is.Not.True);
                foreach (var (groupIndex, _) in _track.State.Cache)
                {
                    var haveAllPassed = readers.Count > 0;
                    foreach (var cursor in readers)
                        haveAllPassed &= cursor.HasPassed(groupIndex);
                    Assert.That(readers.HaveAllPassed(groupIndex), Is.EqualTo(haveAllPassed));
                }
            }
        }

        public void Dispose()
        {
            foreach (var (cursor, taken) in _readers)
            {
                foreach (var group in taken)
                    group.Dispose();
                cursor.Dispose();
            }

            _flow.End();
            _broadcast.Dispose();
        }

        private void Write(int frames)
        {
            using var group = _track.AppendGroup();
            for (var i = 0; i < frames; i++)
                group.Write(new byte[50 * (i + 1)]);
            group.Finish();
        }

        private void Do(Step step, (TrackCursor Cursor, Queue<GroupConsumer> Taken) reader)
        {
            switch (step)
            {
                case Step.Take:
                    if (reader.Cursor.TryNext(out var next))
                        reader.Taken.Enqueue(next);
                    break;
                case Step.Read:
                    if (reader.Taken.TryPeek(out var reading))
                        reading.TryReadFrame(out _);
                    break;
                case Step.Release:
                    if (reader.Taken.TryDequeue(out var released))
                        released.Dispose();
                    break;
                case Step.Leave:
                    // What was taken is still read.
                    reader.Cursor.Dispose();
                    break;
            }
        }
    }
}

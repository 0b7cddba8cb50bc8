using IrohMoq.Reactive.Time;

namespace IrohMoq.Tool.Streams;

/// <summary>Runs calls that may block on a thread of their own, so that waiting for them can be canceled.</summary>
internal static class BackgroundCall
{
    /// <summary>Runs a call. If the wait is canceled, the call is abandoned: its thread ends with the process.</summary>
    public static async Task<T> RunAsync<T>(Func<T> call, CancellationToken cancellationToken)
    {
        var done = new Completion<T>(ThreadPoolRuntime.Instance);
        new Thread(Run) { IsBackground = true, Name = "call that may block" }.Start();
        return await done.Task.WaitAsync(cancellationToken).ConfigureAwait(false);

        void Run()
        {
            try
            {
                done.TrySet(call());
            }
            catch (Exception failure)
            {
                done.TryFail(failure);
            }
        }
    }
}

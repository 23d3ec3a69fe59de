namespace Periplon.Engine.Tests.Storage;

/// <summary>Waits for what another process or thread does in its own time; fails at a deadline.</summary>
internal static class Eventually
{
    public static async Task TrueAsync(string what, Func<Task<bool>> condition, int seconds = 30)
    {
        var time = TimeProvider.System;
        var start = time.GetTimestamp();
        while (!await condition())
        {
            if (time.GetElapsedTime(start).TotalSeconds > seconds)
            {
                throw new TimeoutException($"After {seconds} seconds it is still not true that {what}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), time);
        }
    }
}
